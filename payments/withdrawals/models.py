"""Withdrawals, their attempts, and the desk that lets payouts go. Amounts in cents."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from nannychain.ids import new_id
from nannychain.money import CENTS_PER_SHILLING
from nannychain.states.machine import choices
from payments.withdrawals.states import UNFINISHED, Attempt, State
from workers.identity.models import Member


class Withdrawal(models.Model):
    """One payout to a member's own phone. The row is the queue: due at `due_at` until it ends.

    `asked_cents` is what she asked for, `amount_cents` what is paid out: whole shillings, the rest
    stays in the wallet. `total_cents`, with fee and tax, has left the wallet at the request.
    `reason` says in our words why it stands where it stands; `failure_code` is M-Pesa's for a
    failure that another answer has yet to confirm, or has contradicted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="withdrawals")
    phone = models.CharField(max_length=16)
    shortcode = models.CharField("paid by", max_length=20)
    asked_cents = models.BigIntegerField()
    amount_cents = models.BigIntegerField()
    fee_cents = models.BigIntegerField()
    tax_cents = models.BigIntegerField()
    channel = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=choices(State), default=State.RESERVED)
    reason = models.CharField(max_length=200, blank=True)
    failure_code = models.CharField("failure to be confirmed", max_length=40, blank=True)
    receipt = models.CharField("M-Pesa receipt", max_length=40, null=True)
    attempts_made = models.PositiveSmallIntegerField("attempts", default=0)
    due_at = models.DateTimeField("looked at next", null=True, default=timezone.now)
    created_at = models.DateTimeField("asked for", default=timezone.now)
    ended_at = models.DateTimeField("ended", null=True)
    contradicted_at = models.DateTimeField("paid too often", null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0)
                & Q(amount_cents__lte=F("asked_cents"))
                & Q(asked_cents__lt=F("amount_cents") + CENTS_PER_SHILLING),
                name="withdrawal_rounded_down",
            ),
            models.CheckConstraint(
                condition=Q(fee_cents__gte=0, tax_cents__gte=0), name="withdrawal_fee_above_zero"
            ),
            models.CheckConstraint(
                condition=Q(phone__regex=r"^\+254[17][0-9]{8}$"), name="withdrawal_phone_e164"
            ),
            models.UniqueConstraint(fields=["receipt"], name="withdrawal_receipt_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=UNFINISHED), name="withdrawal_due"
            ),
            models.Index(fields=["member", "-id"], name="withdrawal_of_member"),
        ]
        permissions = [
            ("settle_withdrawal", "Can decide what became of a withdrawal"),
            ("download_withdrawal", "Can take withdrawals out as CSV"),
        ]

    def __str__(self) -> str:
        return f"withdrawal {str(self.pk)[-6:]}"

    @property
    def charges_cents(self) -> int:
        """Return what she pays for it: fee and tax."""
        return self.fee_cents + self.tax_cents

    @property
    def total_cents(self) -> int:
        """Return what has left the wallet."""
        return self.amount_cents + self.charges_cents


class PayoutAttempt(models.Model):
    """One call to M-Pesa for a withdrawal, by an id of its own that is committed before the call.

    `originator_id` is ours (OriginatorConversationID), `conversation_id` M-Pesa's. `receipt` is
    what M-Pesa named for it, whether or not that was believed. `questions` counts the status
    queries, `not_known` the answers, one after the other, that it knows of no such payout.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    originator_id = models.CharField(max_length=40, unique=True)
    conversation_id = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=20, choices=choices(Attempt), default=Attempt.CLAIMED)
    result_code = models.CharField("M-Pesa's code", max_length=40, blank=True)
    words = models.CharField("what M-Pesa said", max_length=200, blank=True)
    receipt = models.CharField("M-Pesa receipt", max_length=40, null=True)
    questions = models.PositiveSmallIntegerField("times asked about", default=0)
    not_known = models.PositiveSmallIntegerField("times not known", default=0)
    not_known_since = models.DateTimeField("not known since", null=True)
    asked_at = models.DateTimeField("last asked about", null=True)
    sent_at = models.DateTimeField("sent", default=timezone.now)
    ended_at = models.DateTimeField("ended", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["withdrawal", "number"], name="attempt_number_once"),
            # The wall behind "a new attempt goes only after a definite rejection".
            models.UniqueConstraint(
                fields=["withdrawal"],
                condition=~Q(state=Attempt.REJECTED),
                name="attempt_alive_once",
            ),
            models.UniqueConstraint(fields=["receipt"], name="attempt_receipt_once"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}"


class ExtraPayout(models.Model):
    """A payment that M-Pesa made for a withdrawal beyond what is booked for it, in suspense.

    So it is where the money was given back before, and where it was paid twice.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    withdrawal = models.ForeignKey(Withdrawal, on_delete=models.PROTECT, related_name="extras")
    attempt = models.ForeignKey(PayoutAttempt, on_delete=models.PROTECT, related_name="extras")
    receipt = models.CharField("M-Pesa receipt", max_length=40, unique=True)
    amount_cents = models.BigIntegerField()
    why = models.CharField(max_length=200)
    told_by = models.CharField("told by", max_length=20)
    told_at = models.DateTimeField("told", default=timezone.now)

    class Meta:
        verbose_name = "payment too many"
        verbose_name_plural = "payments too many"
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="extra_payout_above_zero")
        ]

    def __str__(self) -> str:
        return self.receipt


class Desk(models.Model):
    """Whether payouts may go: one row for each shortcode that pays out.

    M-Pesa's refusal of our credentials stops it until staff start it again. Where the float was
    short, one payout goes at `probe_at` to see whether it still is.
    """

    shortcode = models.CharField(max_length=20, primary_key=True)
    stopped_at = models.DateTimeField("stopped", null=True)
    stop_reason = models.CharField("why", max_length=200, blank=True)
    short_since = models.DateTimeField("float short since", null=True)
    probe_at = models.DateTimeField("next tried", null=True)

    class Meta:
        verbose_name = "payout desk"

    def __str__(self) -> str:
        return f"payouts of {self.shortcode}"
