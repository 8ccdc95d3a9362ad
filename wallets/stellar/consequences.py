"""What the end of a submission means for each request and channel in it.

A batch fails as a whole, so that one bad operation costs the others their place. The codes tell
which one it was, or the signer does: it goes on alone, the others together. Where they don't tell,
everyone goes on in halves. Who fails alone is left to a person. What is our own fault blames
nobody: staff are told, and everyone waits (`resting` says how long).
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
from wallets.stellar.intents import (
    CloseAccount,
    Intent,
    InvalidIntent,
    MakeChannel,
    SponsorAccount,
    TopUpChannel,
    from_json,
)
from wallets.stellar.models import Channel, FundingRequest, Submission
from wallets.stellar.states import FUNDING, Funding, State

_NEW_SEQUENCE_SHIFT = 32  # a new account's sequence is the number of its ledger, shifted so far
_CLOSED_AGAIN_AFTER = timedelta(days=7)
# Codes about the account that an operation acts for: ours, or a member's.
_OF_SOURCE = ("op_bad_auth", "op_no_source_account")


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
    verdict = _Verdict.of(submission)
    if verdict.fault is not None and not verdict.is_told:
        _tell_our_fault(submission, verdict.fault)
    if blamed := verdict.blamed:
        Submission.objects.filter(pk=submission.pk).update(blamed=[str(key) for key in blamed])
    _stay_open(closing, verdict)
    by_end: dict[_End, list[FundingRequest]] = {}
    for request in requests:
        by_end.setdefault(verdict.end_of(request, of=len(requests)), []).append(request)
    for end, group in by_end.items():
        end.reach(group)


def _stay_open(closing: Sequence[FundingRequest], verdict: "_Verdict") -> None:
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
    """What is said of the whole of a submission and of each wallet in it.

    `fault` is what would meet others as well: a fault of ours, or of the funding account.
    """

    submission: Submission
    whole: Rule | None
    by_wallet: dict[UUID, Rule]
    fault: Rule | None

    @classmethod
    def of(cls, submission: Submission) -> "_Verdict":
        code = submission.result_code
        whole = codes.rule_for(code) if code else None
        names = list(submission.operation_codes)
        by_wallet: dict[UUID, Rule] = {}
        faults: list[Rule] = []
        intents = _intents(submission)
        for intent in intents:
            own, names = names[: intent.operations], names[intent.operations :]
            rules = [codes.rule_for(name) for name in own]
            ours = [rule for order, rule in enumerate(rules) if _is_ours(intent, order, rule=rule)]
            faults += ours
            rule = next((each for each in rules if each.outcome is not Outcome.OK), None)
            if rule is not None and not ours and (wallet_id := _wallet_of(intent)) is not None:
                by_wallet[wallet_id] = rule
        if whole is not None and whole.pages_staff and not by_wallet:
            faults.append(whole)
        is_closing = any(isinstance(intent, CloseAccount) for intent in intents)
        if not is_closing and (shared := _shared(by_wallet, of=len(intents))):
            return cls(submission, whole, {}, shared)
        return cls(submission, whole, by_wallet, faults[0] if faults else None)

    @property
    def is_told(self) -> bool:
        """Tell whether staff have heard of the fault when the network refused the whole."""
        return self.fault is self.whole and self.submission.state != State.FAILED

    @property
    def blamed(self) -> list[UUID]:
        """Return the wallets whose own fault it is, as far as codes say so."""
        if self.fault is not None:
            return []
        return [
            wallet_id
            for wallet_id, rule in self.by_wallet.items()
            if rule.outcome in (Outcome.SPLIT, Outcome.ALREADY)
        ]

    def blocks(self, request: FundingRequest) -> bool:
        """Tell whether codes or signer say that it was this one, and will be again."""
        rule = self.by_wallet.get(request.wallet_id)
        is_named = rule is not None and rule.outcome is not Outcome.RETRY
        return is_named or str(request.wallet_id) in self.submission.blamed

    def end_of(self, request: FundingRequest, *, of: int) -> _End:
        """Return where one of so many requests goes on to."""
        if self.submission.state == State.DECLINED:
            return self._end_of_declined(request, of=of)
        rule = self.by_wallet.get(request.wallet_id)
        if rule is not None and rule.outcome is Outcome.ALREADY:
            return _End(Funding.FUNDED, reason="it was on the network before")
        if rule is not None and rule.outcome is Outcome.SPLIT:
            return _narrowed(rule.words, of=of, to=1)
        if self.fault is not None:
            return _End(Funding.WAITING, reason=self.fault.words)
        if rule is not None:
            pause = timedelta(seconds=rule.pause_seconds)
            return _End(Funding.WAITING, reason=rule.words, pause=pause)
        return _End(Funding.WAITING) if self.by_wallet else self._end_of_all(of=of)

    def _end_of_declined(self, request: FundingRequest, *, of: int) -> _End:
        """Return where one goes on to: who alone is to blame goes alone, and then to a person."""
        blamed, words = self.submission.blamed, self.submission.last_answer
        if str(request.wallet_id) in blamed:
            return _narrowed(words, of=of, to=1)
        return _End(Funding.WAITING, reason="" if blamed else words)

    def _end_of_all(self, *, of: int) -> _End:
        """Return where all go on to, since no code tells one from another."""
        if self.whole is None:
            return _End(Funding.WAITING)
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


def _is_ours(intent: Intent, order: int, *, rule: Rule) -> bool:
    """Tell whether an operation's code is about us or the funding account, and not about whom the
    operation is for.

    The network may name the first bad operation only, so that one such code speaks for all.
    """
    if rule.name in _OF_SOURCE:
        return _is_of_funding_account(intent, order)
    return rule.outcome is Outcome.FIX or rule.pages_staff


def _is_of_funding_account(intent: Intent, order: int) -> bool:
    if isinstance(intent, SponsorAccount):
        return order < 2  # it lends and creates; the rest the account itself does
    return not isinstance(intent, CloseAccount)


def _shared(by_wallet: dict[UUID, Rule], *, of: int) -> Rule | None:
    """Return what all of several intents ended with, where that is bad: then it isn't theirs."""
    rules = list(by_wallet.values())
    is_same = len(rules) == of > 1 and len({rule.name for rule in rules}) == 1
    return rules[0] if is_same and rules[0].outcome is Outcome.SPLIT else None


def _wallet_of(intent: Intent) -> UUID | None:
    return getattr(intent, "wallet_id", None)


def _tell_our_fault(submission: Submission, fault: Rule) -> None:
    alerts.raise_alert(
        key=f"stellar:fault:{fault.name}",
        title="The network refuses what we send",
        details={"submission_id": str(submission.pk), "code": fault.name, "words": fault.words},
    )
