"""What the codes of a submission, or the signer, say of the whole and of each wallet in it.

Whom it was about goes on alone, the others together. What is our own fault blames nobody.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from wallets.stellar import codes
from wallets.stellar.codes import Outcome, Rule
from wallets.stellar.intents import CloseAccount, Intent, InvalidIntent, SponsorAccount, from_json
from wallets.stellar.models import FundingRequest, Submission
from wallets.stellar.states import Funding, State

# Codes about the account that an operation acts for: ours, or a member's.
_OF_SOURCE = ("op_bad_auth", "op_no_source_account")


@dataclass(frozen=True)
class End:
    """Where a request goes on to, and what is written with it."""

    state: Funding
    reason: str = ""
    batch_max: int | None = None
    pause: timedelta = timedelta()


@dataclass(frozen=True)
class Verdict:
    """What is said of the whole of a submission and of each wallet in it.

    `fault` is what would meet others as well: a fault of ours, or of the funding account.
    """

    submission: Submission
    whole: Rule | None
    by_wallet: dict[UUID, Rule]
    fault: Rule | None

    @classmethod
    def of(cls, submission: Submission) -> "Verdict":
        """Judge a submission that came to nothing."""
        code = submission.result_code
        whole = codes.rule_for(code) if code else None
        names = list(submission.operation_codes)
        by_wallet: dict[UUID, Rule] = {}
        faults: list[Rule] = []
        intents = intents_of(submission)
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

    def end_of(self, request: FundingRequest, *, of: int) -> End:
        """Return where one of so many requests goes on to."""
        if self.submission.state == State.DECLINED:
            return self._end_of_declined(request, of=of)
        rule = self.by_wallet.get(request.wallet_id)
        if rule is not None and rule.outcome is Outcome.ALREADY:
            return End(Funding.FUNDED, reason="it was on the network before")
        if rule is not None and rule.outcome is Outcome.SPLIT:
            return _narrowed(rule.words, of=of, to=1)
        if self.fault is not None:
            return End(Funding.WAITING, reason=self.fault.words)
        if rule is not None:
            pause = timedelta(seconds=rule.pause_seconds)
            return End(Funding.WAITING, reason=rule.words, pause=pause)
        return End(Funding.WAITING) if self.by_wallet else self._end_of_all(of=of)

    def _end_of_declined(self, request: FundingRequest, *, of: int) -> End:
        """Return where one goes on to: who alone is to blame goes alone, and then to a person."""
        blamed, words = self.submission.blamed, self.submission.last_answer
        if str(request.wallet_id) in blamed:
            return _narrowed(words, of=of, to=1)
        return End(Funding.WAITING, reason="" if blamed else words)

    def _end_of_all(self, *, of: int) -> End:
        """Return where all go on to, since no code tells one from another."""
        if self.whole is None:
            return End(Funding.WAITING)
        if self.submission.state == State.FAILED:
            return _narrowed(self.whole.words, of=of, to=of // 2)
        return End(Funding.WAITING, pause=timedelta(seconds=self.whole.pause_seconds))


def _narrowed(words: str, *, of: int, to: int) -> End:
    """Go on with fewer others, or to a person where there were none."""
    if of == 1:
        return End(Funding.NEEDS_REVIEW, reason=words)
    return End(Funding.WAITING, reason=words, batch_max=to)


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


def intents_of(submission: Submission) -> tuple[Intent, ...]:
    """Return its intents; none where this version can't read them, so that no code tells any."""
    try:
        return from_json(submission.intents)
    except InvalidIntent:
        return ()
