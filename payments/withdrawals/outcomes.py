"""How a withdrawal ended, or why it waits: the books, the rows, the news and the SMS, in one
transaction. The withdrawal must be locked by whoever calls.
"""

from datetime import datetime
from uuid import UUID

import structlog
from django.utils import timezone
from django.utils.functional import Promise

from nannychain import alerts, events, notifications
from nannychain.transactions import required
from payments import limits
from payments.mpesa.receipts import services as receipts
from payments.operations import Operation
from payments.withdrawals import books, desk, messages
from payments.withdrawals.models import ExtraPayout, PayoutAttempt, Withdrawal
from payments.withdrawals.states import ATTEMPT, WITHDRAWAL, Attempt, State

log = structlog.get_logger(__name__)

RESTORED = "it was asked for before a restore of the database: it may have been paid since"


@required
def locked(withdrawal_id: UUID | str) -> Withdrawal | None:
    """Return the withdrawal, locked to the end of the transaction."""
    rows = Withdrawal.objects.select_for_update(no_key=True, of=("self",)).select_related("member")
    return rows.filter(pk=withdrawal_id).first()


@required
def paid(
    withdrawal: Withdrawal, attempt: PayoutAttempt | None, *, receipt: str, told_by: str
) -> str:
    """Book that M-Pesa has paid by this attempt; return what it came to, in a word or two.

    None is an attempt that our books lack: it was made between a backup and its restore.
    """
    if not receipts.claim(receipt, owner=f"withdrawal:{withdrawal.pk}"):
        return _receipt_of_another(withdrawal, receipt)
    instant = timezone.now()
    books.paid(withdrawal)
    if attempt is not None and ATTEMPT.allows(attempt.state, Attempt.PAID):
        ATTEMPT.move(attempt, to=Attempt.PAID, why=f"told by {told_by}", ended_at=instant)
    WITHDRAWAL.move(
        withdrawal,
        to=State.PAID,
        why=f"told by {told_by}",
        reason="",
        receipt=receipt,
        ended_at=instant,
        due_at=None,
    )
    desk.float_pays(withdrawal.shortcode)
    alerts.resolve(_review_key(withdrawal))
    _publish("withdrawal.paid", withdrawal)
    language = withdrawal.member.language
    balance = books.balance_cents(withdrawal)
    _sms(withdrawal, messages.paid(withdrawal, balance_cents=balance, language=language))
    log.info("withdrawal.paid", withdrawal_id=str(withdrawal.pk), told_by=told_by)
    return "paid"


@required
def given_back(
    withdrawal: Withdrawal, *, reason: str, words: str | Promise, attempt: PayoutAttempt | None
) -> str:
    """Book that it was certainly not paid: all of it goes back, and she is told why."""
    instant = timezone.now()
    # Limits before the wallet, as in every flow out of it: otherwise the two wait for each other.
    limits.give_back(
        withdrawal.member_id,
        operation=Operation.WITHDRAWAL,
        amount_cents=withdrawal.amount_cents,
        taken_at=withdrawal.created_at,
    )
    books.failed(withdrawal)
    if attempt is not None:
        rejected(attempt, why=reason)
    WITHDRAWAL.move(
        withdrawal,
        to=State.FAILED,
        why=reason,
        reason=reason[:200],
        ended_at=instant,
        due_at=None,
    )
    alerts.resolve(_review_key(withdrawal))
    _publish("withdrawal.failed", withdrawal)
    _sms(
        withdrawal,
        messages.given_back(
            withdrawal,
            words=words,
            balance_cents=books.balance_cents(withdrawal),
            language=withdrawal.member.language,
        ),
    )
    log.info("withdrawal.given_back", withdrawal_id=str(withdrawal.pk), reason=reason)
    return "given back"


@required
def rejected(attempt: PayoutAttempt, *, why: str, code: str = "") -> None:
    """Note that M-Pesa will certainly not pay by this attempt."""
    if not ATTEMPT.allows(attempt.state, Attempt.REJECTED):
        return
    fields = {"result_code": code[:40]} if code else {}
    ATTEMPT.move(
        attempt,
        to=Attempt.REJECTED,
        why=why,
        words=why[:200],
        ended_at=timezone.now(),
        **fields,
    )


@required
def parked(
    withdrawal: Withdrawal, attempt: PayoutAttempt, *, reason: str, code: str, until: datetime
) -> str:
    """Let it wait for another attempt: by this one it was certainly not paid."""
    rejected(attempt, why=reason, code=code)
    is_first = withdrawal.attempts_made == 1
    WITHDRAWAL.move(
        withdrawal,
        to=State.PARKED,
        why=reason,
        reason=reason[:200],
        failure_code="",  # it was that attempt's, and says nothing of the next one
        due_at=until,
    )
    if is_first:
        tell_delayed(withdrawal)
    return "parked"


@required
def unknown(withdrawal: Withdrawal, *, reason: str, due_at: datetime, **fields: object) -> None:
    """Note that nobody can say yet; it is asked about from then on."""
    if withdrawal.state == State.UNKNOWN:
        Withdrawal.objects.filter(pk=withdrawal.pk).update(
            reason=reason[:200], due_at=due_at, **fields
        )
        return
    WITHDRAWAL.move(
        withdrawal, to=State.UNKNOWN, why=reason, reason=reason[:200], due_at=due_at, **fields
    )


@required
def needs_review(withdrawal: Withdrawal, *, why: str) -> None:
    """Leave it to two members of staff, and tell them."""
    if WITHDRAWAL.allows(withdrawal.state, State.NEEDS_REVIEW):
        WITHDRAWAL.move(withdrawal, to=State.NEEDS_REVIEW, why=why, reason=why[:200], due_at=None)
    log.error("withdrawal.needs_review", withdrawal_id=str(withdrawal.pk), why=why)
    alerts.raise_alert(
        key=_review_key(withdrawal),
        title="A withdrawal needs two people to decide it",
        details={"withdrawal_id": str(withdrawal.pk), "why": why},
    )


@required
def contradicted(
    withdrawal: Withdrawal, attempt: PayoutAttempt, *, receipt: str, why: str, told_by: str
) -> str:
    """Book that M-Pesa has paid what stands as not paid, or once more; staff find out why.

    Each receipt is booked once, in suspense.
    """
    if not receipts.claim(receipt, owner=f"withdrawal:{withdrawal.pk}:again"):
        return _receipt_of_another(withdrawal, receipt)
    instant = timezone.now()
    _, is_new = ExtraPayout.objects.get_or_create(
        receipt=receipt,
        defaults={
            "withdrawal": withdrawal,
            "attempt": attempt,
            "amount_cents": withdrawal.amount_cents,
            "why": why[:200],
            "told_by": told_by[:20],
            "told_at": instant,
        },
    )
    if not is_new:
        return "known"
    books.contradicted(withdrawal, receipt=receipt)
    if withdrawal.contradicted_at is None:
        withdrawal.contradicted_at = instant
        withdrawal.save(update_fields=["contradicted_at"])
    log.error("withdrawal.contradicted", withdrawal_id=str(withdrawal.pk), why=why)
    _alert_emergency(withdrawal, receipt=receipt, why=why)
    return "contradicted"


@required
def _receipt_of_another(withdrawal: Withdrawal, receipt: str) -> str:
    """Leave it to staff. The attempt forgets the receipt: its own may still be told."""
    withdrawal.attempts.filter(receipt=receipt).update(receipt=None)
    needs_review(withdrawal, why="its M-Pesa receipt belongs to another operation")
    return "receipt belongs to another"


@required
def _alert_emergency(withdrawal: Withdrawal, *, receipt: str, why: str) -> None:
    """Ring for money that M-Pesa has paid out and should not have."""
    is_twice = withdrawal.state != State.FAILED
    alerts.raise_alert(
        key=f"withdrawal:{'paid_twice' if is_twice else 'contradicted'}:{withdrawal.pk}",
        title=(
            "EMERGENCY: M-Pesa has paid one withdrawal twice"
            if is_twice
            else "M-Pesa has paid what stood as not paid"
        ),
        details={"withdrawal_id": str(withdrawal.pk), "receipt": receipt, "why": why},
    )


@required
def tell_delayed(withdrawal: Withdrawal) -> None:
    """Tell her that it takes longer and that her money is safe."""
    _sms(withdrawal, messages.delayed(withdrawal, language=withdrawal.member.language))


def _review_key(withdrawal: Withdrawal) -> str:
    return f"withdrawal:review:{withdrawal.pk}"


@required
def _publish(name: str, withdrawal: Withdrawal) -> None:
    events.publish(
        name,
        withdrawal_id=str(withdrawal.pk),
        member_id=str(withdrawal.member_id),
        amount_cents=withdrawal.amount_cents,
    )


@required
def _sms(withdrawal: Withdrawal, text: str) -> None:
    language = withdrawal.member.language
    notifications.queue(phone=withdrawal.member.phone, kind="receipt", text=text, language=language)
