"""Deposits. Amounts are cents; what M-Pesa is asked for is whole shillings."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from nannychain.ids import new_id
from nannychain.money import CENTS_PER_SHILLING
from nannychain.states.machine import choices
from payments.deposits.states import AWAITED, FAILED, OPEN, State
from workers.identity.models import Member

PURPOSE_LENGTH_MAX = 80


class Deposit(models.Model):
    """One prompt on one phone. The row is the queue: it is due at `due_at` until it has ended.

    `wanted_cents` is what was asked of us, `amount_cents` what is asked of the payer: rounded up,
    all of it goes to the wallet. `reference` stands on the prompt and comes back in the paybill's
    echo. `checkout_id` is M-Pesa's, and holds the phone number: it is not for logs. `reason` says
    in our words why it stands where it stands. `purpose` names what an agreement wants it for.
    Where it `needs_word`, a callback alone is not believed: so much is credited only when M-Pesa
    has answered to a question.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="deposits")
    phone = models.CharField(max_length=16)
    shortcode = models.CharField("paid to", max_length=20)
    wanted_cents = models.BigIntegerField()
    amount_cents = models.BigIntegerField()
    reference = models.CharField(max_length=12, unique=True)
    purpose = models.CharField(max_length=PURPOSE_LENGTH_MAX, blank=True)
    channel = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=choices(State), default=State.REQUESTED)
    reason = models.CharField(max_length=200, blank=True)
    result_code = models.CharField("M-Pesa's code", max_length=40, blank=True)
    merchant_id = models.CharField("merchant request", max_length=80, blank=True)
    checkout_id = models.CharField("checkout request", max_length=80, null=True)
    receipt = models.CharField("M-Pesa receipt", max_length=40, null=True)
    needs_word = models.BooleanField("M-Pesa is asked", default=False)
    told_by = models.CharField("told by", max_length=20, blank=True)
    attempts = models.PositiveSmallIntegerField("times sent", default=0)
    questions = models.PositiveSmallIntegerField("times asked about", default=0)
    due_at = models.DateTimeField("looked at next", null=True, default=timezone.now)
    created_at = models.DateTimeField("asked for", default=timezone.now)
    expires_at = models.DateTimeField("sent until")
    sent_at = models.DateTimeField("sent", null=True)
    ended_at = models.DateTimeField("ended", null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0)
                & Q(wanted_cents__gt=0)
                & Q(amount_cents__gte=F("wanted_cents"))
                & Q(amount_cents__lt=F("wanted_cents") + CENTS_PER_SHILLING),
                name="deposit_rounded_up",
            ),
            models.CheckConstraint(
                condition=Q(phone__regex=r"^\+254[17][0-9]{8}$"), name="deposit_phone_e164"
            ),
            models.UniqueConstraint(
                fields=["phone"], condition=Q(state__in=OPEN), name="deposit_open_once_by_phone"
            ),
            models.UniqueConstraint(fields=["checkout_id"], name="deposit_checkout_once"),
            models.UniqueConstraint(fields=["receipt"], name="deposit_receipt_once"),
        ]
        permissions = [("download_deposit", "Can take deposits out as CSV")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="deposit_due"),
            models.Index(
                fields=["created_at"],
                condition=Q(state=State.UNKNOWN.value),
                name="deposit_unknown",
            ),
            models.Index(fields=["member", "-id"], name="deposit_of_member"),
            models.Index(fields=["phone", "amount_cents", "sent_at"], name="deposit_same_again"),
            models.Index(
                fields=["amount_cents", "sent_at"],
                condition=Q(receipt__isnull=True),
                name="deposit_without_receipt",
            ),
        ]

    def __str__(self) -> str:
        return f"deposit {self.reference}"

    @property
    def is_open(self) -> bool:
        """Tell whether it may still end in any way that we expect."""
        return self.state in (*OPEN, *AWAITED)

    @property
    def has_failed(self) -> bool:
        """Tell whether it has ended without money, as far as is known."""
        return self.state in FAILED
