"""A member's PIN as a hash, its lock, and the verdicts that were given."""

from datetime import datetime

from django.db import models
from django.db.models.functions import Now

from workers.identity.models import Member


class Pin(models.Model):
    """The PIN of a member. Without a row there is none.

    `tries` counts wrong ones since the last right one or lock, `locks` the locks in a row;
    `made_by` is the keyed hash of the attempt that set it. A reset that was proved by a code stands
    in `reset_proved_at` until staff carry it out.
    """

    member = models.OneToOneField(
        Member, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    hash = models.CharField(max_length=200)
    pepper_id = models.CharField(max_length=16)
    made_by = models.BinaryField(max_length=32)
    chosen_at = models.DateTimeField("chosen", db_default=Now())
    changed_at = models.DateTimeField("changed", null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    locks = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    reset_proved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "PIN"
        default_permissions = ("view",)
        permissions = [("reset_pin", "Can take away a member's PIN, so that she chooses a new one")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hash__startswith="$argon2id$"), name="pin_is_hashed"
            ),
            models.CheckConstraint(condition=models.Q(tries__lt=3), name="pin_tries_lead_to_lock"),
        ]
        indexes = [
            models.Index(
                fields=["locked_until"],
                name="pin_locked",
                condition=models.Q(locked_until__isnull=False),
            ),
            models.Index(
                fields=["reset_proved_at"],
                name="pin_reset_proved",
                condition=models.Q(reset_proved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"PIN of {self.member_id}"

    def is_locked(self, at: datetime) -> bool:
        """Tell whether no PIN is taken at that instant."""
        return self.locked_until is not None and at < self.locked_until


class PinAttempt(models.Model):
    """The verdict on one attempt. `digest` is a keyed hash of its key and of what was typed."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    digest = models.BinaryField(max_length=32)
    is_right = models.BooleanField()
    tries_left = models.PositiveSmallIntegerField()
    locked_until = models.DateTimeField(null=True)
    channel = models.CharField(max_length=20)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "PIN attempt"
        constraints = [
            models.UniqueConstraint(fields=["member", "digest"], name="pin_attempt_once")
        ]
        indexes = [models.Index(fields=["at"], name="pin_attempt_at")]

    def __str__(self) -> str:
        return f"PIN attempt #{self.pk}"
