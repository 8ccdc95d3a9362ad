"""The code that is alive for a phone and a purpose, and how often was asked and tried."""

from django.db import models
from django.utils import timezone

from workers.identity.codes.purposes import Purpose


class Code(models.Model):
    """The last code sent to a phone for a purpose; `digest` is a keyed hash of it.

    The phone need not be a member's. Rows go soon after their time is over.
    """

    phone = models.CharField(max_length=16)
    purpose = models.CharField(max_length=20, choices=[(each, each) for each in Purpose])
    digest = models.BinaryField(max_length=32)
    sent_at = models.DateTimeField("sent", default=timezone.now)
    expires_at = models.DateTimeField("expires")
    tries_left = models.PositiveSmallIntegerField()
    used_at = models.DateTimeField("used", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["phone", "purpose"], name="code_once"),
            models.CheckConstraint(
                condition=models.Q(phone__regex=r"^\+254[17][0-9]{8}$"), name="code_phone_e164"
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="code_expires")]

    def __str__(self) -> str:
        return f"{self.purpose} #{self.pk}"


class Tally(models.Model):
    """How often something was done by one number or address since `since`; `key` is hashed."""

    name = models.CharField(max_length=40)
    key = models.BinaryField(max_length=32)
    since = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint(fields=["name", "key", "since"], name="tally_once")]
        indexes = [models.Index(fields=["since"], name="tally_since")]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"
