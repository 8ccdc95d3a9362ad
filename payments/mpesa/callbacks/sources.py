"""What rails give to the inbox: for each kind of operation, who settles it and who asks about it.

`settle` gets a message that was read and came to the operation's own address, within a
transaction, perhaps twice; it returns the outcome in a word or two, and raises `NotOurs` where the
message does not fit the operation (amount, number, ids). `ask` sees to it that M-Pesa is asked,
and is called whenever something came that can't be believed or understood.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

import structlog
from django.db import transaction

from nannychain import alerts
from nannychain.inbox import Letter, Source
from payments.mpesa import messages, paybills
from payments.mpesa.callbacks.addresses import Path
from payments.mpesa.messages import PushResult, Result, Unreadable
from payments.mpesa.paybills import PaybillPayment

log = structlog.get_logger(__name__)

# Of a body of M-Pesa's: our credential comes back in a queue timeout.
NEVER_KEPT = frozenset({"SecurityCredential", "Password", "Passkey", "Authorization"})
OLDER_PUSHES = "mpesa.older.deposit"
OLDER_PAYOUTS = "mpesa.older.payout"
PAYBILL = "mpesa.paybill"
M = TypeVar("M", contravariant=True)


class NotOurs(Exception):
    """A message that does not fit the operation to whose address it came; says in what."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Settle(Protocol[M]):
    """Let a message settle the operation; return the outcome."""

    def __call__(self, *, subject_id: str, message: M, received_at: datetime) -> str: ...


class Ask(Protocol):
    """Have M-Pesa asked about the operation soon."""

    def __call__(self, *, subject_id: str, why: str) -> object: ...


def pushes(kind: str, *, settle: Settle[PushResult], ask: Ask) -> Source:
    """Return the source of the results of prompts, told at `deposit`."""
    read = {Path.DEPOSIT: messages.push_result}
    return Source(kind, NEVER_KEPT, hear=_ear(kind, read, settle, ask))


def payouts(kind: str, *, settle: Settle[Result], ask: Ask) -> Source:
    """Return the source of the results of payouts; a queue timeout only causes a question."""
    read = {Path.PAYOUT_RESULT: messages.result, Path.PAYOUT_TIMEOUT: None}
    return Source(kind, NEVER_KEPT, hear=_ear(kind, read, settle, ask))


def questions(kind: str, *, settle: Settle[Result], ask: Ask) -> Source:
    """Return the source of the answers to status and balance queries, and of reversals."""
    read = {Path.RESULT: messages.result, Path.TIMEOUT: None}
    return Source(kind, NEVER_KEPT, hear=_ear(kind, read, settle, ask))


def older_pushes(*, ask: Callable[[str], bool]) -> Source:
    """Return the source of the older address of deposits, which is never believed.

    `ask` gets a CheckoutRequestID and has that deposit asked about; it tells whether there is one.
    """

    def hear(letter: Letter) -> str:
        try:
            named = messages.push_result(letter.body).checkout_request_id
        except Unreadable as error:
            return f"not understood: {error}"
        return "asked" if named and ask(named) else "nobody's"

    return Source(OLDER_PUSHES, NEVER_KEPT, hear=hear)


def older_payouts(*, ask: Callable[[str], bool]) -> Source:
    """Return the source of the older address of payouts, which is never believed.

    `ask` gets an OriginatorConversationID and has that payout asked about, likewise.
    """

    def hear(letter: Letter) -> str:
        named = messages.timeout(letter.body).originator_conversation_id
        return "asked" if named and ask(named) else "nobody's"

    return Source(OLDER_PAYOUTS, NEVER_KEPT, hear=hear)


def paybill(
    *,
    settle: Callable[[PaybillPayment], str],
    doubt: Callable[[PaybillPayment], str],
) -> Source:
    """Return the source of payments to the paybill.

    `doubt` gets those whose sender is not believed: M-Pesa has to confirm them in another way.
    """

    def hear(letter: Letter) -> str:
        try:
            payment = paybills.payment(letter.body)
        except Unreadable as error:
            return _quarantined(PAYBILL, subject_id="", why=str(error))
        return settle(payment) if letter.trusted else doubt(payment)

    return Source(PAYBILL, NEVER_KEPT, hear=hear)


def _ear(
    kind: str, read: Mapping[Path, Callable[[Any], Any] | None], settle: Settle[Any], ask: Ask
) -> Callable[[Letter], str]:
    """Return what hears letters: a path without a reader is one of queue timeouts."""

    def hear(letter: Letter) -> str:
        try:
            message = _message(letter, read=read)
            if message is None:
                ask(subject_id=letter.subject_id, why="M-Pesa says that its queue was too long")
                return "queue timeout"
            with transaction.atomic():
                return settle(
                    subject_id=letter.subject_id, message=message, received_at=letter.received_at
                )
        except (Unreadable, NotOurs) as error:
            ask(subject_id=letter.subject_id, why=f"a callback is doubted: {error}"[:200])
            return _quarantined(kind, subject_id=letter.subject_id, why=str(error))

    return hear


def _message(letter: Letter, *, read: Mapping[Path, Callable[[Any], Any] | None]) -> Any:
    """Return what the letter says, None for a queue timeout; raise where it can't be believed."""
    path = letter.body.get("path")
    if path not in read:
        raise NotOurs("path")
    if not letter.trusted:
        raise NotOurs("sender")
    reader = read[Path(str(path))]
    return None if reader is None else reader(letter.body.get("told"))


def _quarantined(kind: str, *, subject_id: str, why: str) -> str:
    log.warning("mpesa.callback_quarantined", kind=kind, subject_id=subject_id, why=why)
    alerts.raise_alert(
        key=f"mpesa:quarantined:{kind}"[:100],
        title="A callback from M-Pesa is not believed",
        details={"kind": kind, "subject_id": subject_id, "why": why[:100]},
    )
    return f"quarantined: {why}"[:60]
