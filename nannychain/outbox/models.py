"""Events and the marks of what has been done about them."""

from django.db import models
from django.utils import timezone


class OutboxEvent(models.Model):
    """One thing that happened. `delivered_at` is set when all reactions have run."""

    name = models.CharField(max_length=60)
    payload = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="outbox_due",
                condition=models.Q(delivered_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class OutboxDelivery(models.Model):
    """The mark that one reaction has run for one event, written in the reaction's transaction."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE)
    reaction = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "reaction"], name="outbox_delivered_once")
        ]

    def __str__(self) -> str:
        return f"{self.reaction} of event {self.event_id}"
