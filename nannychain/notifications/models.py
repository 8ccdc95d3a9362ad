"""SMS, what the networks reported of them, opt-outs, and the day's count."""

from decimal import Decimal

from django.db import models
from django.utils import timezone

from nannychain.ids import new_id
from nannychain.notifications.states import SENDABLE_AGAIN, State
from nannychain.states.machine import choices

HIDDEN = "code hidden"
MESSAGE_ID_LENGTH_MAX = 100
_COST_UNITS = 10_000


class Sms(models.Model):
    """One SMS to one phone. The row is the queue: it is due at `due_at` while it is QUEUED.

    Either `text` holds the text, or, for kinds that carry codes, `sealed_text` holds it sealed
    under the key `key_id` until it is wiped. `reason` says in our words why it stands where it
    stands; `provider_status` is the provider's own word.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    phone = models.CharField(max_length=16)
    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    text = models.TextField(blank=True)
    key_id = models.CharField(max_length=16, blank=True)
    sealed_text = models.BinaryField(null=True)
    parts = models.PositiveSmallIntegerField()
    is_urgent = models.BooleanField()
    state = models.CharField(max_length=20, choices=choices(State), default=State.QUEUED)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    final_at = models.DateTimeField(null=True)
    provider_message_id = models.CharField(max_length=MESSAGE_ID_LENGTH_MAX, null=True)
    provider_status = models.CharField(max_length=60, blank=True)
    cost_currency = models.CharField(max_length=3, blank=True)
    cost_ten_thousandths = models.BigIntegerField(null=True)
    again_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="sent_again"
    )

    class Meta:
        verbose_name = "SMS"
        verbose_name_plural = "SMS"
        constraints = [
            models.UniqueConstraint(fields=["provider_message_id"], name="sms_message_id_once"),
            models.CheckConstraint(
                condition=models.Q(phone__regex=r"^\+254[17][0-9]{8}$"), name="sms_phone_e164"
            ),
            models.CheckConstraint(
                condition=models.Q(text="") | models.Q(sealed_text__isnull=True),
                name="sms_text_plain_or_sealed",
            ),
        ]
        indexes = [
            models.Index(
                models.F("is_urgent").desc(),
                "due_at",
                name="sms_due",
                condition=models.Q(state=State.QUEUED),
            ),
            models.Index(
                fields=["claimed_at"], name="sms_claimed", condition=models.Q(state=State.CLAIMED)
            ),
            models.Index(
                fields=["expires_at"],
                name="sms_sealed",
                condition=models.Q(sealed_text__isnull=False),
            ),
            models.Index(fields=["phone", "-id"], name="sms_phone"),
            models.Index(
                fields=["id"],
                name="sms_lost",
                condition=models.Q(state__in=sorted(state.value for state in SENDABLE_AGAIN)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def shown_text(self) -> str:
        """Return the text as staff may see it."""
        return self.text or HIDDEN

    @property
    def cost(self) -> str:
        """Return what the provider charged, as `KES 0.8000`; empty where it didn't say."""
        if self.cost_ten_thousandths is None:
            return ""
        amount = Decimal(self.cost_ten_thousandths) / _COST_UNITS
        return f"{self.cost_currency} {amount:.4f}".strip()


class DeliveryReport(models.Model):
    """What a network said of one SMS, in the provider's words.

    Without `sms` it belongs to none that we know of yet. `received_at` is when it was worked out;
    the inbox has the instant at which it came.
    """

    sms = models.ForeignKey(Sms, on_delete=models.PROTECT, null=True, related_name="reports")
    provider_message_id = models.CharField(max_length=MESSAGE_ID_LENGTH_MAX)
    phone = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=60)
    reason = models.CharField(max_length=100, blank=True)
    retry_count = models.PositiveIntegerField(null=True)
    network_code = models.CharField(max_length=20, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["provider_message_id"], name="report_message_id"),
            models.Index(
                fields=["phone", "received_at"],
                name="report_without_sms",
                condition=models.Q(sms__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} #{self.pk}"


class OptOut(models.Model):
    """The wish of a person to get no more messages from a sender."""

    sender_id = models.CharField(max_length=40)
    phone = models.CharField(max_length=16)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "opt-out"
        indexes = [models.Index(fields=["phone"], name="optout_phone")]

    def __str__(self) -> str:
        return f"opt-out #{self.pk}"


class SmsDay(models.Model):
    """How many parts were sent on one Kenyan day, for the daily budget."""

    day = models.DateField(primary_key=True)
    parts = models.PositiveIntegerField()

    class Meta:
        verbose_name = "day of SMS"
        verbose_name_plural = "days of SMS"

    def __str__(self) -> str:
        return str(self.day)
