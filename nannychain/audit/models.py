"""One append-only table for every change that a person may ask about."""

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils import timezone


class AuditEntry(models.Model):
    """One act. `before` and `after` hold only what changed, and never a secret."""

    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=60)
    actor_id = models.UUIDField(null=True)
    actor = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True)
    channel = models.CharField(max_length=20, blank=True)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="audit_subject"),
            models.Index(fields=["actor_id", "-id"], name="audit_actor"),
            # Rows come in the order of time, so that a few ranges of blocks tell a day.
            BrinIndex(fields=["at"], name="audit_day"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor}"
