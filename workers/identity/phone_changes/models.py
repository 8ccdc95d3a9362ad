"""Changes of number, each with who has shown what."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from nannychain.ids import new_id
from nannychain.states.machine import choices
from workers.identity.models import Member
from workers.identity.phone_changes.states import PHONE_CHANGE, State


class PhoneChange(models.Model):
    """That a member wants another number, and how far it is.

    The old number lets go by a code (`old_proved_at`), or staff do it for her (`released_by`).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="phone_changes")
    old_phone = models.CharField(max_length=16)
    new_phone = models.CharField(max_length=16)
    state = models.CharField(
        max_length=20, choices=choices(PHONE_CHANGE.states), default=PHONE_CHANGE.initial
    )
    channel = models.CharField(max_length=20)
    asked_at = models.DateTimeField("asked", default=timezone.now)
    expires_at = models.DateTimeField("expires")
    old_proved_at = models.DateTimeField(null=True)
    new_proved_at = models.DateTimeField(null=True)
    released_by = models.UUIDField(null=True, editable=False)
    releaser = models.CharField("released by", max_length=80, blank=True)
    ended_at = models.DateTimeField("ended", null=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [("release_phone", "Can let a member's number go without a code to it")]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(state=State.ASKED), name="one_phone_change_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(new_phone__regex=r"^\+254[17][0-9]{8}$"), name="new_phone_e164"
            ),
            models.CheckConstraint(
                condition=~Q(new_phone=F("old_phone")), name="phone_change_changes"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.DONE)
                | Q(new_proved_at__isnull=False)
                & (Q(old_proved_at__isnull=False) | Q(released_by__isnull=False)),
                name="phone_change_shows_both",
            ),
        ]
        indexes = [
            models.Index(
                fields=["new_phone"], condition=Q(state=State.ASKED), name="phone_change_new"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state=State.ASKED), name="phone_change_due"
            ),
        ]

    def __str__(self) -> str:
        return f"change of number {self.id}"

    @property
    def is_let_go(self) -> bool:
        """Tell whether the old number has let go."""
        return self.old_proved_at is not None or self.released_by is not None
