"""Callbacks as they came, without what must never be kept."""

from django.db import models
from django.utils import timezone


class InboxMessage(models.Model):
    """One callback. `digest` is that of the redacted body and tells doubles of the same source."""

    source = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    body = models.JSONField()
    trusted = models.BooleanField()
    received_at = models.DateTimeField(default=timezone.now)
    copies = models.PositiveIntegerField(default=1)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    handled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "digest"], name="inbox_message_once")
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="inbox_due", condition=models.Q(handled_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} #{self.pk}"
