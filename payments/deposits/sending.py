"""The worker's part: claim a deposit, ask M-Pesa for the prompt with no transaction open, record.

Of many workers one claims. What happens between claim and record may be lost; then the deposit is
UNKNOWN, since there may be a prompt: it is asked about and waited for, and never sent again.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nannychain.http import EXCHANGE_SECONDS_MAX
from nannychain.operating import selectors as operating
from nannychain.operating.flows import Flow
from nannychain.transactions import required
from payments.deposits import outcomes, selectors
from payments.deposits.models import Deposit
from payments.deposits.states import DEPOSIT, State
from payments.mpesa import account, callbacks, client, trouble
from payments.mpesa.answers import Pushed
from payments.mpesa.callbacks.addresses import Path
from payments.mpesa.codes import Outcome

log = structlog.get_logger(__name__)

SOURCE = "mpesa.deposit"  # the kind of callback that tells of prompts
# Longer than the call can take, with a token to be fetched and refreshed, so that nobody who lives
# is given up.
CLAIM = timedelta(seconds=4 * EXCHANGE_SECONDS_MAX)
FIRST_QUESTION = timedelta(seconds=15)
# Without an id of M-Pesa's there is nothing to ask by: callback and echo have so long.
WITHOUT_TRACE = timedelta(minutes=5)
ATTEMPTS_MAX = 4
_PAUSE = timedelta(seconds=20)
_STOPPED_PAUSE = timedelta(seconds=30)
_DESCRIPTION = "NannyChain"  # 13 characters at most, on the prompt


@dataclass(frozen=True)
class _Claim:
    """What this worker alone may ask of M-Pesa now."""

    deposit_id: UUID
    phone: str = field(repr=False)
    amount_cents: int
    reference: str
    callback_url: str = field(repr=False)


def send(deposit_id: UUID | str) -> None:
    """Ask M-Pesa for the prompt of one deposit, if it is due and nobody else is at it.

    Safe to call twice, and by many workers at once. Must not be called within a transaction.
    """
    claim = _claim(deposit_id)
    if claim is None:
        return
    answer = client.push(
        phone=claim.phone,
        amount_cents=claim.amount_cents,
        account_reference=claim.reference,
        description=_DESCRIPTION,
        callback_url=claim.callback_url,
    )
    record(claim.deposit_id, answer)


def give_up(deposit_id: UUID | str) -> None:
    """Make a deposit UNKNOWN whose worker died in the middle: there may be a prompt."""
    with transaction.atomic():
        rows = Deposit.objects.select_for_update(skip_locked=True, no_key=True)
        dead = rows.filter(pk=deposit_id, state=State.SENDING, due_at__lte=timezone.now()).first()
        if dead is not None:
            _unknown(dead, reason="the worker stopped in the middle")
            log.warning("deposit.given_up", deposit_id=str(dead.pk))


def _claim(deposit_id: UUID | str) -> _Claim | None:
    instant = timezone.now()
    with transaction.atomic():
        rows = Deposit.objects.select_for_update(
            skip_locked=True, no_key=True, of=("self",)
        ).select_related("member")
        deposit = rows.filter(pk=deposit_id, state=State.REQUESTED, due_at__lte=instant).first()
        if deposit is None or not _may_go(deposit, at=instant):
            return None
        DEPOSIT.move(
            deposit,
            to=State.SENDING,
            sent_at=instant,
            attempts=deposit.attempts + 1,
            due_at=instant + CLAIM,
        )
        return _Claim(
            deposit_id=deposit.pk,
            phone=deposit.phone,
            amount_cents=deposit.amount_cents,
            reference=deposit.reference,
            callback_url=callbacks.url(callbacks.new(SOURCE, deposit.pk), Path.DEPOSIT),
        )


@required
def _may_go(deposit: Deposit, *, at: datetime) -> bool:
    """Tell whether it may be sent now; if not, let it wait or end."""
    if deposit.expires_at <= at:
        words = _("M-Pesa could not be reached.")
        outcomes.ended(deposit, to=State.EXPIRED, reason="it could not be sent", words=words)
    elif deposit.member.phone != deposit.phone:
        words = _("Your number has changed. Please ask again.")
        reason = "her number has changed since"
        outcomes.ended(deposit, to=State.EXPIRED, reason=reason, words=words)
    elif not account.can_take() or operating.is_stopped(Flow.DEPOSITS):
        _postpone(deposit, until=at + _STOPPED_PAUSE, reason="deposits are stopped")
    elif selectors.was_asked_just_now(
        deposit.phone, amount_cents=deposit.amount_cents, at=at, but=deposit.pk
    ):
        _postpone(deposit, until=at + _PAUSE, reason="the same amount was asked just now")
    else:
        return True
    return False


def _postpone(deposit: Deposit, *, until: datetime, reason: str) -> None:
    deposit.due_at, deposit.reason = min(until, deposit.expires_at), reason
    deposit.save(update_fields=["due_at", "reason"])


def record(deposit_id: UUID, answer: Pushed) -> None:
    """Write down what M-Pesa said to the request; a callback may have been faster."""
    with transaction.atomic():
        deposit = outcomes.locked(deposit_id)
        assert deposit is not None
        log.info("deposit.answered", deposit_id=str(deposit_id), outcome=answer.outcome)
        trouble.tell(answer.meaning, about=str(deposit))
        if answer.outcome is Outcome.ACCEPTED:
            _accepted(deposit, answer)
        elif deposit.state in (State.SENDING, State.UNKNOWN):
            if answer.outcome is Outcome.REJECTED:
                _rejected(deposit, answer)
            elif deposit.state == State.SENDING:
                _unknown(deposit, reason=answer.meaning.note, code=answer.code)


@required
def _accepted(deposit: Deposit, answer: Pushed) -> None:
    known = Deposit.objects.filter(checkout_id=answer.checkout_request_id).exclude(pk=deposit.pk)
    if not answer.checkout_request_id or known.exists():
        if deposit.state == State.SENDING:
            _unknown(deposit, reason="M-Pesa took it under an id that tells nothing")
        return
    fields: dict[str, Any] = {
        "merchant_id": answer.merchant_request_id[:80],
        "checkout_id": answer.checkout_request_id[:80],
    }
    if deposit.state in (State.SENDING, State.UNKNOWN):
        assert deposit.sent_at is not None
        fields["due_at"] = deposit.sent_at + FIRST_QUESTION
        if _is_sent(deposit, fields):
            return
    elif deposit.state in (State.EXPIRED, State.CANCELLED) and deposit.due_at is None:
        # It ended before we knew its id: M-Pesa is asked now that it can be.
        fields["due_at"] = (deposit.sent_at or deposit.created_at) + FIRST_QUESTION
    Deposit.objects.filter(pk=deposit.pk).update(**fields)


@required
def _is_sent(deposit: Deposit, fields: dict[str, Any]) -> bool:
    """Move it to SENT; tell whether that may be: not where another prompt is open on that phone.

    So it may be with an answer that comes minutes late. The deposit then stays UNKNOWN, and is
    asked about by its id.
    """
    try:
        with transaction.atomic():
            DEPOSIT.move(deposit, to=State.SENT, reason="", **fields)
    except IntegrityError as error:
        if "deposit_open_once_by_phone" not in str(error):
            raise
        log.warning("deposit.accepted_beside_another", deposit_id=str(deposit.pk))
        return False
    return True


@required
def _rejected(deposit: Deposit, answer: Pushed) -> None:
    instant = timezone.now()
    meaning = answer.meaning
    is_worth_it = deposit.attempts < ATTEMPTS_MAX and deposit.state == State.SENDING
    if meaning.is_retryable and is_worth_it:
        DEPOSIT.move(
            deposit,
            to=State.REQUESTED,
            why=meaning.note,
            reason=meaning.note[:200],
            sent_at=None,
            due_at=min(instant + deposit.attempts * _PAUSE, deposit.expires_at),
        )
        return
    outcomes.ended(
        deposit, to=State.REFUSED, reason=meaning.note, code=answer.code, words=meaning.words
    )


@required
def _unknown(deposit: Deposit, *, reason: str, code: str = "") -> None:
    assert deposit.sent_at is not None
    pause = FIRST_QUESTION if deposit.checkout_id else WITHOUT_TRACE
    DEPOSIT.move(
        deposit,
        to=State.UNKNOWN,
        why=reason,
        reason=reason[:200],
        result_code=code[:40],
        due_at=deposit.sent_at + pause,
    )
