"""What the end of a submission means for each request and channel in it.

A batch fails as a whole, so that one bad operation costs the others their place. The codes tell
which one it was, or the signer does: it goes on alone, the others together. Where they don't tell,
everyone goes on in halves. Who fails alone is left to a person. What is our own fault blames
nobody: staff are told, and everyone waits (`resting` says how long).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.utils import timezone

from nannychain import alerts, audit
from nannychain.transactions import required
from wallets.stellar import services, words
from wallets.stellar.codes import Rule
from wallets.stellar.intents import CloseAccount, MakeChannel, TopUpChannel
from wallets.stellar.models import Channel, FundingRequest, Submission
from wallets.stellar.states import FUNDING, Funding, State
from wallets.stellar.verdicts import End, Verdict, intents_of

_NEW_SEQUENCE_SHIFT = 32  # a new account's sequence is the number of its ledger, shifted so far
_CLOSED_AGAIN_AFTER = timedelta(days=7)


@required
def done(submission: Submission, *, merged: Mapping[int, int] | None = None) -> None:
    """Everything in it was done: accounts are there, or closed; channels are open.

    `merged` are the stroops that closed accounts held, by the place of the operation.
    """
    instant = timezone.now()
    why = f"in ledger {submission.ledger}"
    opened = list(submission.requests.filter(state=Funding.SUBMITTED))
    FUNDING.move_all(opened, to=Funding.FUNDED, why=why, reason="", funded_at=instant)
    closed = list(submission.requests.filter(state=Funding.CLOSING))
    FUNDING.move_all(closed, to=Funding.CLOSED, why=why, reason="it was idle for long")
    for request in closed:
        if request.needed_at is not None and request.needed_at > submission.created_at:
            services.open_again(request)
    _note_what_came_with(submission, merged or {})
    for intent in intents_of(submission):
        if isinstance(intent, MakeChannel):
            # It may have been found open before this was known, and have been used since.
            Channel.objects.filter(pk=intent.channel_id, opened_at__isnull=True).update(
                opened_at=instant,
                sequence=(submission.ledger or 0) << _NEW_SEQUENCE_SHIFT,
                balance_stroops=intent.stroops,
            )
        elif isinstance(intent, TopUpChannel):
            Channel.objects.filter(pk=intent.channel_id).update(balance_stroops=None)


@required
def _note_what_came_with(submission: Submission, merged: Mapping[int, int]) -> None:
    """Have staff give back what came with closed accounts: it is their owners', and not ours.

    An account is closed when it holds nothing, but somebody may have paid into it since the look.
    """
    order = -1
    for intent in intents_of(submission):
        order += intent.operations
        stroops = merged.get(order, 0)
        if not isinstance(intent, CloseAccount) or stroops <= 0:
            continue
        owed = {
            "wallet": str(intent.wallet_id),
            "amount": words.xlm(stroops),
            "submission_id": str(submission.pk),
        }
        alerts.raise_alert(
            key=f"stellar:owed:{submission.pk}:{intent.wallet_id}",
            title="A closed account held money: give it back to its owner",
            details=owed,
        )
        audit.record("stellar.money_came_with_closing", subject=submission, after=owed)


@required
def undone(submission: Submission) -> None:
    """Nothing in it was done: whatever was in it goes on."""
    closing = list(submission.requests.filter(state=Funding.CLOSING))
    requests = list(submission.requests.filter(state=Funding.SUBMITTED))
    verdict = Verdict.of(submission)
    if verdict.fault is not None and not verdict.is_told:
        _tell_our_fault(submission, verdict.fault)
    if blamed := verdict.blamed:
        Submission.objects.filter(pk=submission.pk).update(blamed=[str(key) for key in blamed])
    _stay_open(closing, verdict)
    by_end: dict[End, list[FundingRequest]] = {}
    for request in requests:
        by_end.setdefault(verdict.end_of(request, of=len(requests)), []).append(request)
    for end, group in by_end.items():
        _reach(end, group)


def _stay_open(closing: Sequence[FundingRequest], verdict: Verdict) -> None:
    """Nobody was closed: who was in the way is left for long, the others are tried again.

    Where nothing tells who it was, they are tried in halves; not where the fault is ours.
    """
    blockers = [request for request in closing if verdict.blocks(request)]
    is_ours = verdict.fault is not None or verdict.submission.state == State.DECLINED
    is_unclear = not blockers and not is_ours and verdict.submission.state == State.FAILED
    if is_unclear and len(closing) == 1:
        blockers = list(closing)
    instant, why = timezone.now(), "the closing came to nothing"
    fields: dict[str, object] = {"batch_max": len(closing) // 2} if is_unclear else {}
    others = [request for request in closing if request not in blockers]
    FUNDING.move_all(others, to=Funding.FUNDED, why=why, **fields)
    FUNDING.move_all(blockers, to=Funding.FUNDED, why=why, due_at=instant + _CLOSED_AGAIN_AFTER)
    if blockers:
        alerts.raise_alert(
            key="stellar:closing",
            title="An idle account can't be closed",
            details={"wallets": [str(each.wallet_id) for each in blockers]},
        )


def _reach(end: End, requests: Sequence[FundingRequest]) -> None:
    instant = timezone.now()
    fields: dict[str, object] = {"reason": end.reason, "due_at": instant + end.pause}
    if end.batch_max is not None:
        fields["batch_max"] = end.batch_max
    if end.state is Funding.FUNDED:
        fields["funded_at"] = instant
    why = end.reason or "its transaction came to nothing"
    FUNDING.move_all(requests, to=end.state, why=why, **fields)
    if end.state is Funding.NEEDS_REVIEW:
        alerts.raise_alert(
            key="stellar:needs_review",
            title="An account can't be opened on the network, even alone",
            details={"wallets": [str(each.wallet_id) for each in requests]},
        )


def _tell_our_fault(submission: Submission, fault: Rule) -> None:
    alerts.raise_alert(
        key=f"stellar:fault:{fault.name}",
        title="The network refuses what we send",
        details={"submission_id": str(submission.pk), "code": fault.name, "words": fault.words},
    )
