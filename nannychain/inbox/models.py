"""Callbacks as they came, without what must never be kept."""

from django.db import models
from django.utils import timezone


class InboxMessage(models.Model):
    """One callback. `digest` is that of the redacted body and tells doubles of the same source.

    `subject_id` is whom it is about, where it came to an address of that one's own.
    """

    source = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=64, blank=True, default="", db_default="")
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
            ),
            models.Index(
                fields=["source", "received_at"],
                name="inbox_untrusted",
                condition=models.Q(trusted=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} #{self.pk}"


class InboxAddress(models.Model):
    """An address at which one thing alone is called back: who knows it was told by us.

    Only the digest of its token is kept, so that nobody who reads the database can call.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    source = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.source} {self.subject_id}"
