"""One row for each matter that needs a person."""

from django.db import models
from django.utils import timezone


class Alert(models.Model):
    """A matter that needs a person. While it is open, the same `key` only counts up."""

    key = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    details = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(resolved_at__isnull=True),
                name="alert_open_once",
            )
        ]

    def __str__(self) -> str:
        return self.title
