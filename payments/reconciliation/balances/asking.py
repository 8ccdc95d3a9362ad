"""Asking M-Pesa what our accounts hold. The answer is a callback. Claim, call, record."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from nannychain.transactions import required
from payments.mpesa import account, balances, callbacks, client, trouble
from payments.mpesa.callbacks.addresses import Path
from payments.mpesa.meanings import Outcome, Where
from payments.mpesa.messages import Result
from payments.reconciliation.balances import comparing, selectors
from payments.reconciliation.balances.models import BalanceReading
from payments.reconciliation.breaks import services as breaks
from payments.reconciliation.breaks.kinds import BreakKind

log = structlog.get_logger(__name__)

SOURCE = "mpesa.balance"  # the kind of callback that answers
SILENT_AFTER = timedelta(hours=26)
_KEEP = timedelta(days=400)


def shortcodes() -> list[str]:
    """Return our numbers with M-Pesa that can be asked about."""
    return selectors.numbers() if account.can_pay() else []


def ask_all() -> int:
    """Ask about each of our numbers; return how many questions M-Pesa has taken.

    Must not be called within a transaction.
    """
    return sum(ask(shortcode) for shortcode in shortcodes())


def ask(shortcode: str) -> bool:
    """Ask about one number; tell whether M-Pesa has taken the question."""
    with transaction.atomic():
        row = BalanceReading.objects.create(shortcode=shortcode)
        token = callbacks.new(SOURCE, row.pk)
    answer = client.account_balance(
        shortcode=shortcode,
        result_url=callbacks.url(token, Path.RESULT),
        timeout_url=callbacks.url(token, Path.TIMEOUT),
    )
    trouble.tell(answer.meaning, about=f"balance of {shortcode}")
    log.info("balance.asked", shortcode=shortcode, outcome=answer.outcome)
    if answer.outcome is Outcome.REJECTED:
        _failed(row, why=answer.meaning.note)
    return answer.outcome is Outcome.ACCEPTED


@required
def settle(*, subject_id: str, message: Result, received_at: object) -> str:  # noqa: ARG001
    """Take M-Pesa's answer, once; return what it came to, in a word or two."""
    row = BalanceReading.objects.select_for_update(no_key=True).filter(pk=subject_id).first()
    if row is None:
        return "nobody's"
    if row.answered_at is not None:
        return "known"
    meaning = message.meaning(Where.QUESTION)
    trouble.tell(meaning, about=f"balance of {row.shortcode}")
    if meaning.outcome is not Outcome.PAID:
        _failed(row, why=meaning.note)
        return "not answered"
    told = comparing.read(balances.of_result(message))
    if told is None:
        _failed(row, why="the answer can't be read")
        return "not understood"
    if _is_older_than_another(row):
        _failed(row, why="a later question was answered before")
        return "too late"
    comparing.compare(row, told, at=timezone.now())
    return "answered"


def hurry(*, subject_id: str, why: str) -> None:
    """Leave it to the schedule: the next question is asked within the hour."""
    BalanceReading.objects.filter(pk=subject_id, answered_at__isnull=True).update(outcome=why[:100])


ANSWERS = callbacks.questions(SOURCE, settle=settle, ask=hurry)


def tell_silence(*, at: datetime) -> None:
    """Keep a break for each number whose balance M-Pesa has not told for a day."""
    for shortcode in shortcodes():
        asked = BalanceReading.objects.filter(shortcode=shortcode)
        last = asked.filter(answered_at__isnull=False).order_by("-answered_at").first()
        first = asked.order_by("asked_at").first()
        since = last.answered_at if last else first.asked_at if first else None
        if since is None or since > at - SILENT_AFTER:
            continue
        found = breaks.Found(
            kind=BreakKind.BALANCE_UNKNOWN,
            subject=f"balance:{shortcode}",
            amount_cents=None,
            since=since,
            account=f"M-Pesa {shortcode}",
        )
        breaks.find(found, source=comparing.SOURCE)


def forget_old() -> int:
    """Forget questions that are long over; return how many. The reports keep what they said."""
    old = BalanceReading.objects.filter(asked_at__lt=timezone.now() - _KEEP)
    return old.delete()[0]


def _is_older_than_another(row: BalanceReading) -> bool:
    later = BalanceReading.objects.filter(shortcode=row.shortcode, asked_at__gt=row.asked_at)
    return later.filter(answered_at__isnull=False).exists()


def _failed(row: BalanceReading, *, why: str) -> None:
    BalanceReading.objects.filter(pk=row.pk, answered_at__isnull=True).update(outcome=why[:100])
