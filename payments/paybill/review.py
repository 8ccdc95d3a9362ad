"""What two members of staff decide about a payment in suspense: one asks, another one approves."""

from django.utils import timezone

from nannychain import audit, queues
from nannychain.approvals import Kind
from nannychain.approvals.models import ApprovalRequest
from nannychain.errors import Conflict, Invalid
from nannychain.transactions import required
from payments.mpesa import client
from payments.paybill import outcomes, prompts
from payments.paybill.models import PaybillPayment
from payments.paybill.states import PAYBILL, State
from workers.identity import selectors as members

_PERMISSION = "payments.settle_paybillpayment"


class NotInSuspense(Conflict):
    """It was allotted or given back meanwhile, or never was in suspense."""

    code = "paybill.not_in_suspense"
    message = "This payment does not wait for that decision."


class NobodyNamed(Invalid):
    """The request names no member."""

    code = "paybill.nobody_named"
    message = "Nobody has that Worker ID or phone."


class NotItsDeposit(Invalid):
    """The request names no deposit, or one whose payment it can't be."""

    code = "paybill.not_its_deposit"
    message = "No deposit of that reference has this amount and waits for a receipt."


class NotWholeShillings(Invalid):
    """M-Pesa gives whole shillings back, and no cents."""

    code = "paybill.not_whole_shillings"
    message = "M-Pesa gives back whole shillings only. Have Safaricom reverse it by hand."


class EvidenceMissing(Invalid):
    """A decision without what it rests on."""

    code = "paybill.evidence_missing"
    message = "Name the evidence: a line of M-Pesa's statement, or a call to Safaricom."


def allot(request: ApprovalRequest) -> None:
    """Put the payment into the wallet of the member that the request names."""
    payment = _locked(request, state=State.SUSPENSE)
    member = members.member_by_address(str(request.payload.get("member") or ""))
    if member is None or not member.is_active:
        raise NobodyNamed
    outcomes.allot(payment, member, why=f"two members of staff: {request.reason}")
    _note("paybill.allotted", payment, request)


def leave_to_deposit(request: ApprovalRequest) -> None:
    """Leave the payment to the deposit that the request names: it is its prompt's own."""
    if not request.payload.get("evidence"):
        raise EvidenceMissing
    payment = PaybillPayment.objects.filter(pk=request.subject_id).first()
    if payment is None or payment.state != State.SUSPENSE:
        raise NotInSuspense
    reference = str(request.payload.get("deposit") or "")
    match = prompts.find(
        reference,
        receipt=payment.receipt,
        amount_cents=payment.amount_cents,
        shortcode=payment.shortcode,
    )
    if match is None or not match.is_echo:
        raise NotItsDeposit
    # The deposit is locked before the payment, which gives way where it still is in suspense.
    is_own = prompts.record(
        match.deposit_id,
        receipt=payment.receipt,
        amount_cents=payment.amount_cents,
        at=payment.paid_at,
    )
    payment.refresh_from_db()
    if not is_own or payment.state != State.ECHO:
        raise NotInSuspense
    _note("paybill.left_to_deposit", payment, request)


def give_back(request: ApprovalRequest) -> None:
    """Have the payment given back to its payer through M-Pesa."""
    payment = _locked(request, state=State.SUSPENSE)
    if not client.is_movable(payment.amount_cents):
        raise NotWholeShillings
    PAYBILL.move(
        payment,
        to=State.RETURNING,
        why=f"two members of staff: {request.reason}"[:200],
        due_at=timezone.now(),
    )
    queues.enqueue_after_commit("payments.paybill.tend", payment_id=str(payment.pk))
    _note("paybill.return_ordered", payment, request)


def settle_as_returned(request: ApprovalRequest) -> None:
    """Book that the payer has the money again, on evidence."""
    payment = _unclear(request)
    outcomes.returned(payment, why="two members of staff have seen that M-Pesa gave it back")
    _note("paybill.settled_as_returned", payment, request)


def settle_as_not_returned(request: ApprovalRequest) -> None:
    """Put the payment back into suspense, on evidence that M-Pesa has not given it back."""
    payment = _unclear(request)
    PAYBILL.move(
        payment,
        to=State.SUSPENSE,
        why="two members of staff have seen that M-Pesa did not give it back",
        return_asked_at=None,
        due_at=None,
    )
    _note("paybill.settled_as_not_returned", payment, request)


ALLOT = Kind(
    code="paybill.allot",
    words="put the payment into a member's wallet",
    permission=_PERMISSION,
    carry_out=allot,
    payload=frozenset({"member"}),
)
OF_DEPOSIT = Kind(
    code="paybill.leave_to_deposit",
    words="say that the payment is that of a deposit",
    permission=_PERMISSION,
    carry_out=leave_to_deposit,
    payload=frozenset({"deposit", "evidence"}),
)
GIVE_BACK = Kind(
    code="paybill.give_back",
    words="give the payment back to its payer",
    permission=_PERMISSION,
    carry_out=give_back,
)
AS_RETURNED = Kind(
    code="paybill.settle_as_returned",
    words="settle the payment as given back",
    permission=_PERMISSION,
    carry_out=settle_as_returned,
    payload=frozenset({"evidence"}),
)
AS_NOT_RETURNED = Kind(
    code="paybill.settle_as_not_returned",
    words="settle the payment as not given back",
    permission=_PERMISSION,
    carry_out=settle_as_not_returned,
    payload=frozenset({"evidence"}),
)
KINDS = (ALLOT, OF_DEPOSIT, GIVE_BACK, AS_RETURNED, AS_NOT_RETURNED)


@required
def _locked(request: ApprovalRequest, *, state: State) -> PaybillPayment:
    payment = outcomes.locked(request.subject_id)
    if payment is None or payment.state != state:
        raise NotInSuspense
    return payment


@required
def _unclear(request: ApprovalRequest) -> PaybillPayment:
    """Return a payment that M-Pesa was asked to give back, and about which it says nothing."""
    payment = _locked(request, state=State.RETURNING)
    if payment.return_asked_at is None:
        raise NotInSuspense
    if not request.payload.get("evidence"):
        raise EvidenceMissing
    return payment


@required
def _note(action: str, payment: PaybillPayment, request: ApprovalRequest) -> None:
    audit.record(
        action,
        subject=payment,
        actor_id=request.decided_by,
        actor=request.decider,
        after={"request": str(request.pk), **request.payload},
        reason=request.reason,
        channel="admin",
    )
