"""Payments to the paybill, one row for each receipt of M-Pesa's."""

from django.db import models
from django.utils import timezone

from nannychain.ids import new_id
from nannychain.notifications.models import Sms
from nannychain.states.machine import choices
from payments.paybill.states import IN_DOUBT, PAYBILL, State
from workers.identity.models import Member

TEXT_LENGTH_MAX = 80


class PaybillPayment(models.Model):
    """A payment. `account` is as the payer typed it; the payer's number is plain, masked or hashed.

    `why` says in words why it stands where it stands. A row is `due_at` an instant when M-Pesa is
    to be asked about it, or to give it back.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    receipt = models.CharField("M-Pesa receipt", max_length=40, unique=True)
    state = models.CharField(
        max_length=12, choices=choices(PAYBILL.states), default=PAYBILL.initial
    )
    amount_cents = models.BigIntegerField()
    shortcode = models.CharField("paybill number", max_length=10)
    account = models.CharField("account number", max_length=TEXT_LENGTH_MAX, blank=True)
    payer_name = models.CharField("payer", max_length=TEXT_LENGTH_MAX, blank=True)
    payer_phone = models.CharField(max_length=16, blank=True)
    payer_phone_masked = models.CharField(max_length=30, blank=True)
    payer_phone_hash = models.CharField(max_length=64, blank=True)
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="for"
    )
    deposit_id = models.UUIDField(null=True)
    why = models.CharField(max_length=200, blank=True)
    told_by = models.CharField(max_length=20)
    paid_at = models.DateTimeField("paid", null=True)
    created_at = models.DateTimeField("told", default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    questions = models.PositiveSmallIntegerField(default=0)
    return_asked_at = models.DateTimeField(null=True)
    sms = models.ForeignKey(Sms, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        permissions = [
            ("settle_paybillpayment", "Can settle, by two, what is in suspense"),
            ("download_paybillpayment", "Can take payments to the paybill out as CSV"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_cents__gt=0), name="paybill_of_something"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=State.CREDITED.value) | models.Q(member__isnull=False),
                name="paybill_credited_to_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="paybill_due", condition=models.Q(due_at__isnull=False)
            ),
            models.Index(
                fields=["created_at"],
                name="paybill_suspense",
                condition=models.Q(state=State.SUSPENSE.value),
            ),
            models.Index(
                fields=["created_at"],
                name="paybill_in_doubt",
                condition=models.Q(state__in=[state.value for state in IN_DOUBT]),
            ),
        ]

    def __str__(self) -> str:
        return self.receipt
