"""Sessions, and the hashes of their tokens."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from nannychain.ids import new_id
from workers.identity.models import Member

DEVICE_LENGTH_MAX = 80


class Session(models.Model):
    """One device of a member, signed in. It is what the tokens of a family have in common."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="sessions")
    device = models.CharField(max_length=DEVICE_LENGTH_MAX, blank=True)
    access_digest = models.BinaryField(max_length=32)
    access_expires_at = models.DateTimeField()
    refresh_digest = models.BinaryField(max_length=32)
    refresh_expires_at = models.DateTimeField("expires")
    opened_at = models.DateTimeField("opened", default=timezone.now)
    last_used_at = models.DateTimeField("last used", default=timezone.now)
    address = models.GenericIPAddressField(null=True)
    closed_at = models.DateTimeField("closed", null=True)
    closed_why = models.CharField("why", max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["access_digest"], name="session_access_once"),
            models.UniqueConstraint(fields=["refresh_digest"], name="session_refresh_once"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_why="")
                | (Q(closed_at__isnull=False) & ~Q(closed_why="")),
                name="session_closed_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["member", "opened_at"],
                name="session_open",
                condition=Q(closed_at__isnull=True),
            ),
            models.Index(fields=["refresh_expires_at"], name="session_expires"),
        ]

    def __str__(self) -> str:
        return f"session {self.id}"


class SpentRefresh(models.Model):
    """A refresh token that was used: shown again, it closes its session."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="spent")
    digest = models.BinaryField(max_length=32)
    spent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="spent_refresh_once")]

    def __str__(self) -> str:
        return f"spent #{self.pk}"


class PinToken(models.Model):
    """The PIN was right: good for one operation of one session, once."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="pin_tokens")
    digest = models.BinaryField(max_length=32)
    operation = models.CharField(max_length=60)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "PIN token"
        constraints = [models.UniqueConstraint(fields=["digest"], name="pin_token_once")]
        indexes = [models.Index(fields=["expires_at"], name="pin_token_expires")]

    def __str__(self) -> str:
        return f"PIN token #{self.pk}"
