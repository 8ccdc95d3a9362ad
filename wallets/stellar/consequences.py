"""What the end of a submission means for each request and channel in it.

A batch fails as a whole, so that one bad operation costs the others their place. The codes tell
which one it was: it goes on alone, the others together. Where they don't tell, everyone goes on in
halves. Who fails alone is left to a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from nannychain import alerts
from nannychain.transactions import required
from wallets.stellar import codes, services
from wallets.stellar.codes import Outcome, Rule
from wallets.stellar.intents import Intent, InvalidIntent, MakeChannel, TopUpChannel, from_json
from wallets.stellar.models import Channel, FundingRequest, Submission
from wallets.stellar.states import FUNDING, Funding, State

_NEW_SEQUENCE_SHIFT = 32  # a new account's sequence is the number of its ledger, shifted so far
_FAULT_PAUSE = timedelta(minutes=15)
_CLOSED_AGAIN_AFTER = timedelta(days=7)


@required
def done(submission: Submission) -> None:
    """Everything in it was done: accounts are there, or closed; channels are open."""
    instant = timezone.now()
    why = f"in ledger {submission.ledger}"
    opened = list(submission.requests.filter(state=Funding.SUBMITTED))
    FUNDING.move_all(opened, to=Funding.FUNDED, why=why, reason="", funded_at=instant)
    closed = list(submission.requests.filter(state=Funding.CLOSING))
    FUNDING.move_all(closed, to=Funding.CLOSED, why=why, reason="it was idle for long")
    for request in closed:
        if request.needed_at is not None and request.needed_at > submission.created_at:
            services.open_again(request)
    for intent in _intents(submission):
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
def undone(submission: Submission) -> None:
    """Nothing in it was done: whatever was in it goes on."""
    closing = list(submission.requests.filter(state=Funding.CLOSING))
    requests = list(submission.requests.filter(state=Funding.SUBMITTED))
    if not requests and not closing:
        return
    verdict = _Verdict.of(submission)
    if verdict.is_ours:
        _tell_our_fault(submission)
    _stay_open(closing, verdict)
    by_end: dict[_End, list[FundingRequest]] = {}
    for request in requests:
        by_end.setdefault(verdict.end_of(request, of=len(requests)), []).append(request)
    for end, group in by_end.items():
        end.reach(group)


def _stay_open(closing: Sequence[FundingRequest], verdict: "_Verdict") -> None:
    """Nobody was closed: who was in the way is left for long, the others are tried again.

    Where nothing tells who it was, they are tried in halves.
    """
    blockers = [request for request in closing if verdict.blocks(request)]
    is_unclear = not blockers and verdict.submission.state in (State.FAILED, State.DECLINED)
    if is_unclear and len(closing) == 1:
        blockers = list(closing)
    instant, why = timezone.now(), "the closing came to nothing"
    fields: dict[str, object] = {"batch_max": len(closing) // 2} if is_unclear else {}
    if verdict.is_ours:
        fields["due_at"] = instant + _FAULT_PAUSE
    others = [request for request in closing if request not in blockers]
    FUNDING.move_all(others, to=Funding.FUNDED, why=why, **fields)
    FUNDING.move_all(blockers, to=Funding.FUNDED, why=why, due_at=instant + _CLOSED_AGAIN_AFTER)
    if blockers:
        alerts.raise_alert(
            key="stellar:closing",
            title="An idle account can't be closed",
            details={"wallets": [str(each.wallet_id) for each in blockers]},
        )


@dataclass(frozen=True)
class _End:
    """Where a request goes on to, and what is written with it."""

    state: Funding
    reason: str = ""
    batch_max: int | None = None
    pause: timedelta = timedelta()

    def reach(self, requests: Sequence[FundingRequest]) -> None:
        instant = timezone.now()
        fields: dict[str, object] = {"reason": self.reason, "due_at": instant + self.pause}
        if self.batch_max is not None:
            fields["batch_max"] = self.batch_max
        if self.state is Funding.FUNDED:
            fields["funded_at"] = instant
        why = self.reason or "its transaction came to nothing"
        FUNDING.move_all(requests, to=self.state, why=why, **fields)
        if self.state is Funding.NEEDS_REVIEW:
            alerts.raise_alert(
                key="stellar:needs_review",
                title="An account can't be opened on the network, even alone",
                details={"wallets": [str(each.wallet_id) for each in requests]},
            )


@dataclass(frozen=True)
class _Verdict:
    """What the codes of a submission say of the whole and of each wallet in it."""

    submission: Submission
    whole: Rule | None
    by_wallet: dict[UUID, Rule]

    @classmethod
    def of(cls, submission: Submission) -> "_Verdict":
        code = submission.result_code
        names = list(submission.operation_codes)
        by_wallet = {}
        for intent in _intents(submission):
            own, names = names[: intent.operations], names[intent.operations :]
            rule = _worst(own)
            if rule is not None and (wallet_id := _wallet_of(intent)) is not None:
                by_wallet[wallet_id] = rule
        return cls(submission, codes.rule_for(code) if code else None, by_wallet)

    @property
    def is_pinned(self) -> bool:
        """Tell whether the codes say which operation it was."""
        return any(rule.outcome is not Outcome.OK for rule in self.by_wallet.values())

    @property
    def is_ours(self) -> bool:
        """Tell whether the fault lies with us, so that trying again at once would be no use."""
        return self.whole is not None and self.whole.outcome is Outcome.FIX and not self.is_pinned

    def blocks(self, request: FundingRequest) -> bool:
        """Tell whether the codes say that it was this one, and will be again."""
        rule = self.by_wallet.get(request.wallet_id)
        return rule is not None and rule.outcome is not Outcome.RETRY

    def end_of(self, request: FundingRequest, *, of: int) -> _End:
        """Return where one of so many requests goes on to."""
        rule = self.by_wallet.get(request.wallet_id)
        if rule is not None and rule.outcome is Outcome.ALREADY:
            return _End(Funding.FUNDED, reason="it was on the network before")
        if rule is not None and rule.outcome in (Outcome.SPLIT, Outcome.FIX):
            return _narrowed(rule.words, of=of, to=1)
        if rule is not None and rule.outcome is Outcome.RETRY:
            pause = timedelta(seconds=rule.pause_seconds)
            return _End(Funding.WAITING, reason=rule.words, pause=pause)
        return _End(Funding.WAITING) if self.is_pinned else self._end_of_all(of=of)

    def _end_of_all(self, *, of: int) -> _End:
        """Return where all go on to, since no code tells one from another."""
        if self.submission.state == State.DECLINED:
            return _narrowed(self.submission.last_answer, of=of, to=of // 2)
        if self.whole is None:
            return _End(Funding.WAITING)
        if self.is_ours:
            return _End(Funding.WAITING, reason=self.whole.words, pause=_FAULT_PAUSE)
        if self.submission.state == State.FAILED:
            return _narrowed(self.whole.words, of=of, to=of // 2)
        return _End(Funding.WAITING, pause=timedelta(seconds=self.whole.pause_seconds))


def _narrowed(words: str, *, of: int, to: int) -> _End:
    """Go on with fewer others, or to a person where there were none."""
    if of == 1:
        return _End(Funding.NEEDS_REVIEW, reason=words)
    return _End(Funding.WAITING, reason=words, batch_max=to)


def _intents(submission: Submission) -> tuple[Intent, ...]:
    """Return its intents; none where this version can't read them, so that no code tells any."""
    try:
        return from_json(submission.intents)
    except InvalidIntent:
        return ()


def _worst(names: Sequence[str]) -> Rule | None:
    rules = [codes.rule_for(name) for name in names]
    return next((rule for rule in rules if rule.outcome is not Outcome.OK), None)


def _wallet_of(intent: Intent) -> UUID | None:
    return getattr(intent, "wallet_id", None)


def _tell_our_fault(submission: Submission) -> None:
    alerts.raise_alert(
        key=f"stellar:fault:{submission.result_code}",
        title="The network refuses what we send",
        details={"submission_id": str(submission.pk), "code": submission.result_code},
    )
