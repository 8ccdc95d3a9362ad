"""What nobody could tell is settled by two members of staff, with evidence: one asks, one decides.

The evidence (a statement of M-Pesa's, a call to Safaricom) is named in the request, which stays.
"""

from django.utils.translation import gettext_lazy as _

from nannychain import audit
from nannychain.approvals import Kind
from nannychain.approvals.models import ApprovalRequest
from nannychain.errors import Conflict, Invalid
from nannychain.transactions import required
from payments.mpesa import reading
from payments.withdrawals import outcomes, selectors
from payments.withdrawals.models import PayoutAttempt, Withdrawal
from payments.withdrawals.states import State

_PERMISSION = "payments.settle_withdrawal"
_TOLD_BY = "two members of staff"


class NotInReview(Conflict):
    """It has been settled meanwhile, or never was in doubt."""

    code = "withdrawal.not_in_review"
    message = "This withdrawal does not wait for a decision."


class EvidenceMissing(Invalid):
    """A decision without a receipt, or without what it rests on."""

    code = "withdrawal.evidence_missing"
    message = "Name the evidence; for a payment that M-Pesa made, its receipt too."


class AnotherReceipt(Invalid):
    """M-Pesa has named a receipt for it, and the request names another."""

    code = "withdrawal.another_receipt"
    message = "M-Pesa has named another receipt for this withdrawal: its page shows which."


def settle_as_paid(request: ApprovalRequest) -> None:
    """Book that M-Pesa has paid, under the receipt that was named."""
    withdrawal, last = _in_review(request)
    receipt = reading.receipt(request.payload.get("receipt"))
    if not receipt or not request.payload.get("evidence"):
        raise EvidenceMissing
    told = {each.receipt: each for each in withdrawal.attempts.exclude(receipt=None)}
    if told and receipt not in told:
        raise AnotherReceipt
    attempt = told.get(receipt, last)
    outcomes.paid(withdrawal, attempt, receipt=receipt, told_by=_TOLD_BY)
    if withdrawal.state != State.PAID:
        raise EvidenceMissing("This receipt belongs to another operation.")
    _book_others(withdrawal, settled=receipt)
    _note("withdrawal.settled_as_paid", withdrawal, request)


def settle_as_not_paid(request: ApprovalRequest) -> None:
    """Give the money back: M-Pesa has certainly not paid."""
    withdrawal, attempt = _in_review(request)
    if not request.payload.get("evidence"):
        raise EvidenceMissing
    words = _("M-Pesa could not pay it.")
    outcomes.given_back(withdrawal, reason=_TOLD_BY, words=words, attempt=attempt)
    _note("withdrawal.settled_as_not_paid", withdrawal, request)


AS_PAID = Kind(
    code="withdrawal.settle_as_paid",
    words="settle the withdrawal as paid",
    permission=_PERMISSION,
    carry_out=settle_as_paid,
    payload=frozenset({"receipt", "evidence"}),
)
AS_NOT_PAID = Kind(
    code="withdrawal.settle_as_not_paid",
    words="settle the withdrawal as not paid, and give the money back",
    permission=_PERMISSION,
    carry_out=settle_as_not_paid,
    payload=frozenset({"evidence"}),
)
KINDS = (AS_PAID, AS_NOT_PAID)


@required
def _in_review(request: ApprovalRequest) -> tuple[Withdrawal, PayoutAttempt | None]:
    withdrawal = outcomes.locked(request.subject_id)
    if withdrawal is None or withdrawal.state != State.NEEDS_REVIEW:
        raise NotInReview
    return withdrawal, selectors.last_attempt(withdrawal)


@required
def _book_others(withdrawal: Withdrawal, *, settled: str) -> None:
    """Book in suspense what M-Pesa has named for other attempts: it has paid more than once."""
    for attempt in withdrawal.attempts.exclude(receipt=None).exclude(receipt=settled):
        assert attempt.receipt is not None
        outcomes.contradicted(
            withdrawal, attempt, receipt=attempt.receipt, why="paid twice", told_by=_TOLD_BY
        )


@required
def _note(action: str, withdrawal: Withdrawal, request: ApprovalRequest) -> None:
    audit.record(
        action,
        subject=withdrawal,
        actor_id=request.decided_by,
        actor=request.decider,
        after={"request": str(request.pk), **request.payload},
        reason=request.reason,
        channel="admin",
    )
