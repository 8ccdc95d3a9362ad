"""Tending a pending submission: post it, ask about it, bump its fee, and see how it ends.

Of many workers one claims it for a moment. What happens between claim and record may be lost: then
it is due again, and the same envelope is asked about or posted once more. Nothing here makes a new
transaction: that is planning's, once this one can't land any more.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from nannychain import alerts
from nannychain.http import EXCHANGE_SECONDS_MAX
from nannychain.queues import enqueue
from wallets.stellar import codes, fees, observing, outcomes, proving
from wallets.stellar.client.horizon import (
    HorizonUnavailable,
    Landed,
    Missing,
    Outcome,
    Submitted,
)
from wallets.stellar.models import Submission
from wallets.stellar.states import PENDING, SUBMISSION, State

log = structlog.get_logger(__name__)

ROUND_SECONDS = 30.0  # after which a round asks nothing more
# Longer than any round: its last question may be asked just in time.
CLAIM = timedelta(seconds=ROUND_SECONDS + EXCHANGE_SECONDS_MAX)
LEDGER = timedelta(seconds=5)
UNREACHABLE_PAUSE = timedelta(seconds=5)
# stellar-core keeps a transaction for four ledgers; after that it may have been dropped.
DROPPED_AFTER = 5 * LEDGER
PATIENCE_LEDGERS = 3  # how long a low bid waits before it is raised


def tend(submission_id: UUID | str) -> State | None:
    """Do what is next for one submission, if it is due and nobody else is at it.

    Returns its state after that, None where it wasn't due. Safe to call twice, and by many workers
    at once. Must not be called within a transaction.
    """
    submission = _claim(submission_id)
    if submission is None:
        return None
    try:
        with observing.horizon().within(ROUND_SECONDS):
            _next_step(submission)
    except HorizonUnavailable as error:
        _wait(submission, UNREACHABLE_PAUSE, answer=f"the network can't be reached: {error}")
    return State(submission.state)


def _claim(submission_id: UUID | str) -> Submission | None:
    instant = timezone.now()
    due = Submission.objects.filter(
        pk=submission_id,
        network=settings.STELLAR_NETWORK,
        state__in=PENDING,
        due_at__lte=instant,
    )
    if due.update(due_at=instant + CLAIM) != 1:
        return None
    return Submission.objects.select_related("channel").get(pk=submission_id)


def _next_step(submission: Submission) -> None:
    if submission.state == State.PLANNED:
        _sign_or_give_up(submission)
    elif submission.state == State.SIGNED and submission.posts == 0:
        _post(submission)
    else:
        _ask(submission)


def _sign_or_give_up(submission: Submission) -> None:
    """Ring the signer again, unless staff paused; what nobody has signed in time is given up."""
    network = observing.observe()
    if (network.ledger or 0) > submission.max_ledger:
        outcomes.expired(submission, why="it was not signed in time")
        return
    if network.paused_at is None:
        enqueue("wallets.custody.sign", submission_id=str(submission.pk))
    _wait(submission, LEDGER)


def _ask(submission: Submission) -> None:
    """Ask the network for the hash, and act on what it says."""
    assert submission.hash is not None
    found = observing.horizon().transaction(submission.hash)
    if isinstance(found, Landed):
        outcomes.landed(submission, found)
    elif _may_be_past(submission, found):
        if awaited := proving.end_if_proved(submission):
            _wait(submission, LEDGER, answer=awaited)
    else:
        # The bump may never be signed: what there is goes on meanwhile.
        is_rung = _bump(submission)
        if _may_be_posted_again(submission):
            _post(submission)
        else:
            _wait(submission, LEDGER, answer="a higher fee is being signed" if is_rung else "")


def _may_be_past(submission: Submission, missing: Missing) -> bool:
    """Tell whether it is time to look for a proof that it can't land any more."""
    seen = missing.seen_ledger or observing.lately().ledger or 0
    return seen > submission.max_ledger


def _may_be_posted_again(submission: Submission) -> bool:
    """Tell whether the identical envelope is worth another post."""
    if submission.posts == 0 or submission.state in (State.SIGNED, State.UNKNOWN):
        return True
    assert submission.posted_at is not None
    is_long_ago = timezone.now() - submission.posted_at > DROPPED_AFTER
    return submission.state == State.SENT and is_long_ago


def _bump(submission: Submission) -> bool:
    """Ring the signer for a fee bump, where the bid is what keeps it out; return whether so."""
    is_refused = submission.result_code == "tx_insufficient_fee"
    network = observing.lately()
    is_waiting_long = (network.ledger or 0) >= submission.planned_ledger + PATIENCE_LEDGERS
    if not is_refused and not is_waiting_long:
        return False
    last = _last_bid(submission)
    if network.fee_bid_stroops <= last:
        return False
    wanted = fees.bump(last=last, wanted=network.fee_bid_stroops)
    if wanted is None or wanted <= last:
        return False
    enqueue("wallets.custody.sign_bump", submission_id=str(submission.pk), base_fee_stroops=wanted)
    return True


def _last_bid(submission: Submission) -> int:
    """Return the last bid per operation; that of a fee bump counts one operation more."""
    last = submission.envelopes.order_by("-number").first()
    if last is None or last.number == 0:
        return submission.base_fee_stroops
    operations = submission.envelopes.get(number=0).fee_stroops // submission.base_fee_stroops
    return last.fee_stroops // (operations + 1)


def _post(submission: Submission) -> None:
    envelope = submission.envelopes.order_by("-number").first()
    assert envelope is not None
    instant = timezone.now()
    Submission.objects.filter(pk=submission.pk).update(posts=F("posts") + 1, posted_at=instant)
    _record_answer(submission, observing.horizon().submit(envelope.xdr, hash=envelope.hash))


@transaction.atomic
def _record_answer(submission: Submission, answer: Submitted) -> None:
    """Write down what the network said to a post. None of it is an end: ledgers decide."""
    fresh = Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)
    submission.__dict__.update(fresh.__dict__)
    if submission.state not in PENDING:
        return
    target = _state_after(submission, answer)
    pause = max(LEDGER, timedelta(seconds=answer.retry_after_seconds or 0))
    fields: dict[str, object] = {
        "last_answer": answer.reason[:200],
        "due_at": timezone.now() + pause,
    }
    if answer.outcome is Outcome.NOT_OFFERED:
        _tell_not_offered()
    if answer.outcome is Outcome.NOT_SENT:
        # Nothing was said that a refusal could be about. A bump may have set it to 0 meanwhile.
        fields["posts"] = Greatest(F("posts") - 1, 0)
    if answer.outcome is Outcome.REFUSED and answer.result is not None:
        fields |= {
            "result_code": answer.result.code,
            "operation_codes": list(answer.result.operation_codes),
        }
        # Once it may have been taken, a refusal of the same again is no trouble.
        if submission.state not in (State.SENT, State.UNKNOWN):
            _tell(submission, answer.result.code)
    elif answer.outcome in (Outcome.ACCEPTED, Outcome.DUPLICATE):
        fields |= {"result_code": "", "operation_codes": []}
    if target is not None:
        SUBMISSION.move(submission, to=target, why=answer.reason, **fields)
    else:
        Submission.objects.filter(pk=submission.pk).update(**fields)


def _state_after(submission: Submission, answer: Submitted) -> State | None:
    """Return where an answer moves it; None where it stays.

    Once an answer was unclear, a refusal tells nothing: what was posted first may have been taken,
    and may be why the second is refused.
    """
    state = State(submission.state)
    if answer.outcome in (Outcome.ACCEPTED, Outcome.DUPLICATE):
        return State.SENT if state is not State.SENT else None
    if state not in (State.SIGNED, State.REFUSED) or answer.outcome is Outcome.NOT_SENT:
        return None
    if answer.outcome is Outcome.REFUSED and submission.posts == 1:
        return State.REFUSED if state is State.SIGNED else None
    return State.UNKNOWN


def _tell_not_offered() -> None:
    alerts.raise_alert(
        key="stellar:no_async",
        title="This Horizon takes no transactions: set another STELLAR_HORIZON_URL",
    )


def _tell(submission: Submission, code: str) -> None:
    rule = codes.rule_for(code)
    if rule.pages_staff:
        alerts.raise_alert(
            key=f"stellar:refused:{code}",
            title="The network refuses what we send",
            details={"code": code, "words": rule.words, "submission_id": str(submission.pk)},
        )


def _wait(submission: Submission, pause: timedelta, *, answer: str = "") -> None:
    fields: dict[str, object] = {"due_at": timezone.now() + pause}
    if answer:
        fields["last_answer"] = answer[:200]
    Submission.objects.filter(pk=submission.pk, state__in=PENDING).update(**fields)
