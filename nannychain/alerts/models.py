"""One row for each matter that needs a person."""

from django.db import models
from django.utils import timezone


class Alert(models.Model):
    """A matter that needs a person. While it is open, the same `key` only counts up.

    `closed_by` is who said that it is over; none where it was seen to be.
    """

    key = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    details = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)

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


class AlertDelivery(models.Model):
    """That one alert is to be told in one way. Due at `due_at` until it has ended."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    way = models.CharField(max_length=10)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name_plural = "alert deliveries"
        constraints = [
            models.UniqueConstraint(fields=["alert", "way"], name="alert_told_once_each_way")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="alert_delivery_due",
                condition=models.Q(ended_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.way} of alert {self.alert_id}"
