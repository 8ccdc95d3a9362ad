"""How a deposit ended, written down: the books, the row, the news and the SMS, all or nothing.

Whoever hears first books it (callback, status query, the paybill's echo); the others find it
booked. A success is never taken back by what comes after it.
"""

from datetime import datetime
from uuid import UUID

import structlog
from django.utils import timezone
from django.utils.functional import Promise

from nannychain import alerts, events, notifications, queues
from nannychain.transactions import required
from payments import limits
from payments.deposits import contests, messages, postings
from payments.deposits.contests import Claim, Verdict
from payments.deposits.models import Deposit
from payments.deposits.states import ASKABLE, AWAITED, DEPOSIT, State
from payments.mpesa.receipts import services as receipts
from wallets.ledger import accounts, posting
from wallets.ledger.chart import Kind
from wallets.wallet import selectors as wallets

log = structlog.get_logger(__name__)

OTHERS_RECEIPT = "receipt belongs to another"


@required
def locked(deposit_id: UUID | str) -> Deposit | None:
    """Return the deposit, locked to the end of the transaction."""
    rows = Deposit.objects.select_for_update(no_key=True, of=("self",)).select_related("member")
    return rows.filter(pk=deposit_id).first()


@required
def locked_by_reference(reference: str) -> Deposit | None:
    """Return the deposit with that reference, locked to the end of the transaction."""
    return Deposit.objects.select_for_update(no_key=True).filter(reference=reference).first()


@required
def paid(
    deposit: Deposit, *, told_by: str, receipt: str | None = None, at: datetime | None = None
) -> str:
    """Book that M-Pesa has taken the money, once; return what it came to, in a word or two.

    `told_by` says who was first: "callback", "status", "echo" or "statement". `receipt` is
    attached when it is known, and belongs to one operation only; one that belongs to another is
    not believed, and nothing is booked. Where it belongs to a payment to the paybill, `contests`
    says what that is. `deposit` must be locked.
    """
    # A receipt that was told before, and that somebody else has, keeps it from being booked twice.
    receipt = receipt or deposit.receipt
    verdict = Verdict.OURS if receipt is None else _verdict(deposit, receipt)
    if verdict is Verdict.OTHERS:
        return OTHERS_RECEIPT
    if verdict is Verdict.HERS:
        return _booked_already(deposit, told_by=told_by, receipt=receipt)
    if deposit.state == State.PAID:
        return _attach(deposit, receipt)
    return _book(deposit, told_by=told_by, receipt=receipt, at=at)


@required
def waits_for_word(deposit: Deposit, receipt: str) -> bool:
    """Keep the receipt that a callback named, and have M-Pesa asked, where it has not answered yet.

    Where our answer got lost, the paybill's echo or the statement is the word: to ask about an id
    that the callback itself has named would prove nothing.

    Tell whether it waits: not where it is paid already, nor where the receipt is that of a payment
    to the paybill, which M-Pesa has confirmed otherwise. `deposit` must be locked.
    """
    if deposit.state == State.PAID or deposit.receipt not in (None, receipt):
        return False
    if not receipts.claim(receipt, owner=f"deposit:{deposit.pk}"):
        return False
    deposit.receipt, deposit.reason = receipt, "told as paid; so much is asked about"
    fields = ["receipt", "reason"]
    if deposit.state in ASKABLE and deposit.checkout_id is not None:
        deposit.due_at = timezone.now()
        fields.append("due_at")
        queues.enqueue_after_commit("payments.deposits.tend", deposit_id=str(deposit.pk))
    deposit.save(update_fields=fields)
    return True


@required
def _book(deposit: Deposit, *, told_by: str, receipt: str | None, at: datetime | None) -> str:
    was_failed = deposit.has_failed
    wallet = wallets.account_of(deposit.member_id)
    posting.post(
        postings.settled(
            deposit_id=str(deposit.pk),
            paybill_float=accounts.open_account(Kind.PAYBILL_FLOAT, label=deposit.shortcode),
            wallet=wallet,
            amount_cents=deposit.amount_cents,
            effective_at=_plausible(deposit, at),
        )
    )
    DEPOSIT.move(
        deposit,
        to=State.PAID,
        why=f"told by {told_by}",
        reason="",
        told_by=told_by,
        receipt=receipt,
        ended_at=timezone.now(),
        due_at=None,
    )
    settled = limits.settle_excess(
        deposit.member_id,
        account_id=wallet,
        at=timezone.now(),
        cause=f"deposit:{deposit.pk}",
    )
    assert settled.available_cents is not None
    _tell_paid(deposit, balance_cents=settled.available_cents)
    log.info("deposit.paid", deposit_id=str(deposit.pk), told_by=told_by, after_failure=was_failed)
    return "paid late" if was_failed else "paid"


@required
def ended(
    deposit: Deposit,
    *,
    to: State,
    reason: str,
    code: str = "",
    words: str | Promise = "",
    ask_at: datetime | None = None,
) -> str:
    """Record that it ended without money, as far as is known; return what it came to.

    `words` tell the person why. Where it is not certain, M-Pesa is asked once more at `ask_at`.
    Nothing changes where it has ended already: a success stays a success. `deposit` must be locked.
    """
    if not DEPOSIT.allows(deposit.state, to):
        if deposit.state == State.PAID:
            log.warning("deposit.failure_after_success", deposit_id=str(deposit.pk), code=code)
        return "had ended"
    DEPOSIT.move(
        deposit,
        to=to,
        why=reason,
        reason=reason[:200],
        result_code=code[:40],
        ended_at=timezone.now(),
        due_at=ask_at,
    )
    events.publish(
        "deposit.failed",
        deposit_id=str(deposit.pk),
        member_id=str(deposit.member_id),
        purpose=deposit.purpose,
        state=str(to),
    )
    member = deposit.member
    if words:
        _sms(deposit, messages.not_paid(deposit, words=words, language=member.language))
    elif to == State.EXPIRED:
        _sms(deposit, messages.not_confirmed(deposit, language=member.language))
    return str(to).lower()


@required
def _attach(deposit: Deposit, receipt: str | None) -> str:
    if receipt is None or deposit.receipt == receipt:
        return "known"
    if deposit.receipt is not None:
        _alert_conflict(deposit, why="M-Pesa names two receipts for it")
        return "another receipt"
    deposit.receipt = receipt
    deposit.save(update_fields=["receipt"])
    return "receipt attached"


@required
def _verdict(deposit: Deposit, receipt: str) -> Verdict:
    """Claim the receipt for this deposit; say so to staff where somebody else keeps it."""
    if deposit.state == State.PAID and deposit.receipt not in (None, receipt):
        return Verdict.OURS  # `_attach` tells
    if receipts.claim(receipt, owner=f"deposit:{deposit.pk}"):
        return Verdict.OURS
    verdict = contests.contest(
        Claim(
            receipt=receipt,
            deposit_id=deposit.pk,
            member_id=deposit.member_id,
            amount_cents=deposit.amount_cents,
            reference=deposit.reference,
        )
    )
    if verdict is None:
        _alert_conflict(deposit, why="its receipt belongs to another operation")
        return Verdict.OTHERS
    if verdict is Verdict.OTHERS:
        why = "its money is booked as a payment to the paybill"
        _alert_conflict(deposit, why=why)
        _booked_elsewhere(deposit, receipt=receipt, why=why)
    return verdict


@required
def _booked_elsewhere(deposit: Deposit, *, receipt: str, why: str) -> None:
    """Keep the receipt, if no other deposit has it, and ask no more: the answer would be the same.

    Where a worker is still at it, that ends with its answer.
    """
    if deposit.state == State.PAID:
        return
    if not Deposit.objects.filter(receipt=receipt).exclude(pk=deposit.pk).exists():
        deposit.receipt = receipt
        deposit.save(update_fields=["receipt"])
    if deposit.state in AWAITED:
        ended(deposit, to=State.EXPIRED, reason=why)
    elif deposit.state in ASKABLE:
        deposit.due_at = None
        deposit.save(update_fields=["due_at"])


@required
def _booked_already(deposit: Deposit, *, told_by: str, receipt: str | None) -> str:
    """Record that it was paid, and that its money came into her wallet by the paybill."""
    if deposit.state == State.PAID:
        if deposit.receipt is None:
            _alert_conflict(deposit, why="it is booked twice: as a paybill payment to her, too")
        return "booked already"
    words = "its money lies in the wallet as a payment to the paybill"
    DEPOSIT.move(
        deposit,
        to=State.PAID,
        why=f"told by {told_by}: {words}",
        reason=words,
        told_by=told_by,
        receipt=receipt,
        ended_at=timezone.now(),
        due_at=None,
    )
    _publish_settled(deposit)
    return "booked already"


@required
def _alert_conflict(deposit: Deposit, *, why: str) -> None:
    log.error("deposit.receipt_conflict", deposit_id=str(deposit.pk))
    alerts.raise_alert(
        key=f"deposit:receipt:{deposit.pk}",
        title="A deposit's M-Pesa receipt contradicts what is known",
        details={"deposit_id": str(deposit.pk), "reference": deposit.reference, "why": why},
    )


def _plausible(deposit: Deposit, at: datetime | None) -> datetime:
    """Return M-Pesa's instant where it can be true, and ours otherwise."""
    instant = timezone.now()
    return at if at is not None and deposit.created_at <= at <= instant else instant


@required
def _publish_settled(deposit: Deposit) -> None:
    events.publish(
        "deposit.settled",
        deposit_id=str(deposit.pk),
        member_id=str(deposit.member_id),
        purpose=deposit.purpose,
        amount_cents=deposit.amount_cents,
        wanted_cents=deposit.wanted_cents,
    )


@required
def _tell_paid(deposit: Deposit, *, balance_cents: int) -> None:
    _publish_settled(deposit)
    language = deposit.member.language
    _sms(deposit, messages.paid(deposit, balance_cents=balance_cents, language=language))


@required
def _sms(deposit: Deposit, text: str) -> None:
    notifications.queue(
        phone=deposit.member.phone, kind="receipt", text=text, language=deposit.member.language
    )
