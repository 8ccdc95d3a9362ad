"""Manual journals: proposing, and deciding. Who may, is asked at the door (`wallets.propose_…`).

`by` and `name` are the member of staff who acts. Each act is written into the audit trail.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from nannychain import audit
from nannychain.errors import Conflict, Forbidden, Invalid, NotFound
from nannychain.ids import new_id
from nannychain.states.machine import IllegalMove
from wallets.ledger import posting
from wallets.ledger.errors import AccountUnavailable, KeyReused, Unbalanced
from wallets.ledger.manual.models import NAME_LENGTH_MAX, REASON_LENGTH_MAX, ManualJournal
from wallets.ledger.manual.states import MANUAL_JOURNAL, State
from wallets.ledger.models import Account, Journal
from wallets.ledger.recipes import MANUAL, REVERSAL, Draft, Leg

LEGS_MAX = 50
_UNIQUE_VIOLATION = "23505"


class InvalidReason(Invalid):
    """No reason, one that is too long, or one with characters that nobody sees."""

    code = "ledger.invalid_reason"
    message = f"Say why, in one line of up to {REASON_LENGTH_MAX} characters."


class InFuture(Invalid):
    """A journal that takes effect later than now."""

    code = "ledger.in_future"
    message = "A journal says what has happened: its date can't lie ahead."


class TooManyLegs(Invalid):
    """More legs than two people can look through."""

    code = "ledger.too_many_legs"
    message = f"A manual journal has {LEGS_MAX} legs at most."


class NoSuchProposal(NotFound):
    """There is no such proposal."""

    code = "ledger.no_such_proposal"
    message = "There is no such proposal."


class NoSuchJournal(NotFound):
    """There is no such journal to reverse."""

    code = "ledger.no_such_journal"
    message = "There is no such journal."


class NotReversible(Conflict):
    """A reversal, which is undone by proposing anew what it undid, or what is reversed already."""

    code = "ledger.not_reversible"
    message = "This journal is a reversal, or reversed already."


class AlreadyProposed(Conflict):
    """Somebody has proposed the same before."""

    code = "ledger.already_proposed"
    message = "This was proposed already."


class SamePerson(Forbidden):
    """Who proposed it can't decide about it; or somebody else wants to take it back."""

    code = "ledger.same_person"
    message = "Somebody else has to decide about what you propose. You can withdraw it."


class NotYours(Forbidden):
    """Somebody wants to withdraw what another has proposed."""

    code = "ledger.not_yours"
    message = "Only who proposed it can withdraw it. You can reject it."


def propose(
    legs: Sequence[Leg],
    *,
    effective_at: datetime,
    reason: str,
    by: UUID,
    name: str,
    proposal_id: UUID | None = None,
) -> ManualJournal:
    """Propose a journal; nothing is booked yet. Amounts in minor units, debit above zero.

    A `proposal_id` of the caller's makes it once only. Raises InvalidReason, InFuture, TooManyLegs,
    MalformedJournal, Unbalanced, AccountUnavailable, and AlreadyProposed for an id that is taken.
    """
    proposal_id = proposal_id or new_id()
    _examine(_draft(proposal_id, legs=tuple(legs), effective_at=effective_at))
    proposal = ManualJournal(
        id=proposal_id,
        stored_legs=[{"account_id": leg.account_id, "amount": leg.amount} for leg in legs],
        effective_at=effective_at,
        reason=_reason(reason),
        proposed_by=by,
        proposer=name[:NAME_LENGTH_MAX],
    )
    return _keep(proposal)


def propose_reversal(journal_id: int, *, reason: str, by: UUID, name: str) -> ManualJournal:
    """Propose that a journal is undone by its mirror image; nothing is booked yet.

    Raises InvalidReason, NoSuchJournal, NotReversible, and AlreadyProposed where that waits.
    """
    journal = Journal.objects.filter(pk=journal_id).first()
    if journal is None:
        raise NoSuchJournal
    if journal.kind == REVERSAL or journal.reversals.exists():
        raise NotReversible
    return _keep(
        ManualJournal(
            reverses=journal,
            reason=_reason(reason),
            proposed_by=by,
            proposer=name[:NAME_LENGTH_MAX],
        )
    )


def approve(proposal_id: UUID, *, reason: str, by: UUID, name: str) -> ManualJournal:
    """Post what somebody else has proposed, in one transaction with the decision.

    Raises SamePerson, InvalidReason, NoSuchProposal, NotReversible, IllegalMove where somebody
    has decided before, and whatever the ledger refuses; then the proposal stays as it is.
    """
    words = _reason(reason)
    with transaction.atomic():
        proposal = _another_ones(proposal_id, by=by)
        posted = _post(proposal)
        _decide(
            proposal,
            to=State.POSTED,
            words=words,
            by=by,
            name=name,
            journal=Journal(pk=posted.journal_id),
        )
    return proposal


def reject(proposal_id: UUID, *, reason: str, by: UUID, name: str) -> ManualJournal:
    """Turn down what somebody else has proposed.

    Raises SamePerson, InvalidReason, NoSuchProposal, and IllegalMove.
    """
    words = _reason(reason)
    with transaction.atomic():
        proposal = _another_ones(proposal_id, by=by)
        _decide(proposal, to=State.REJECTED, words=words, by=by, name=name)
    return proposal


def withdraw(proposal_id: UUID, *, reason: str, by: UUID, name: str) -> ManualJournal:
    """Take back what one has proposed oneself.

    Raises NotYours, InvalidReason, NoSuchProposal, and IllegalMove.
    """
    words = _reason(reason)
    with transaction.atomic():
        proposal = _locked(proposal_id)
        if proposal.proposed_by != by:
            raise NotYours
        _decide(proposal, to=State.WITHDRAWN, words=words, by=by, name=name)
    return proposal


def _reason(text: str) -> str:
    words = " ".join(text.split())
    if not 0 < len(words) <= REASON_LENGTH_MAX or not words.isprintable():
        raise InvalidReason
    return words


def _draft(proposal_id: UUID, *, legs: tuple[Leg, ...], effective_at: datetime) -> Draft:
    key = f"manual:{proposal_id}"
    return Draft(kind=MANUAL, key=key, cause=key, legs=legs, effective_at=effective_at)


def _examine(draft: Draft) -> None:
    """Refuse early what the ledger would never post, so that nobody has to look at it."""
    if len(draft.legs) > LEGS_MAX:
        raise TooManyLegs
    if draft.effective_at > timezone.now():
        raise InFuture
    open_accounts = Account.objects.filter(closed_at__isnull=True).in_bulk(
        [leg.account_id for leg in draft.legs]
    )
    rests: dict[str, int] = {}
    for leg in draft.legs:
        account = open_accounts.get(leg.account_id)
        if account is None:
            raise AccountUnavailable({"account_id": leg.account_id})
        rests[account.currency_id] = rests.get(account.currency_id, 0) + leg.amount
    for currency, rest in rests.items():
        if rest != 0:
            raise Unbalanced({"currency": currency, "rest": rest})


def _keep(proposal: ManualJournal) -> ManualJournal:
    with transaction.atomic():
        _insert(proposal)
        MANUAL_JOURNAL.record(proposal, source="", target=proposal.state, why=proposal.reason)
        audit.record(
            "ledger.journal_proposed",
            subject=proposal,
            actor_id=proposal.proposed_by,
            actor=proposal.proposer,
            after=_told(proposal),
            reason=proposal.reason,
            channel="admin",
        )
    return proposal


def _insert(proposal: ManualJournal) -> None:
    try:
        with transaction.atomic():
            proposal.save(force_insert=True)
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", None) == _UNIQUE_VIOLATION:
            raise AlreadyProposed from error
        raise


def _locked(proposal_id: UUID) -> ManualJournal:
    found = ManualJournal.objects.select_for_update(no_key=True).filter(pk=proposal_id).first()
    if found is None:
        raise NoSuchProposal
    return found


def _another_ones(proposal_id: UUID, *, by: UUID) -> ManualJournal:
    proposal = _locked(proposal_id)
    if proposal.state != State.PROPOSED:
        raise IllegalMove
    if proposal.proposed_by == by:
        raise SamePerson
    return proposal


def _post(proposal: ManualJournal) -> posting.Posted:
    if proposal.reverses_id is not None:
        posted = posting.reverse(proposal.reverses_id, cause=f"manual:{proposal.pk}")
        if not posted.is_new:
            raise NotReversible
        return posted
    assert proposal.effective_at is not None
    draft = _draft(proposal.pk, legs=proposal.legs, effective_at=proposal.effective_at)
    posted = posting.post(draft)
    if not posted.is_new:
        raise KeyReused({"key": draft.key, "journal_id": posted.journal_id})
    return posted


def _decide(
    proposal: ManualJournal,
    *,
    to: State,
    words: str,
    by: UUID,
    name: str,
    journal: Journal | None = None,
) -> None:
    MANUAL_JOURNAL.move(
        proposal,
        to=to,
        why=words,
        decided_by=by,
        decider=name[:NAME_LENGTH_MAX],
        decided_at=timezone.now(),
        decision_reason=words,
        journal=journal,
    )
    audit.record(
        f"ledger.journal_{to.lower()}",
        subject=proposal,
        actor_id=by,
        actor=name,
        before={"state": State.PROPOSED},
        after={"state": to, **({"journal": journal.pk} if journal else {})},
        reason=words,
        channel="admin",
    )


def _told(proposal: ManualJournal) -> dict[str, object]:
    if proposal.reverses_id is not None:
        return {"reverses": proposal.reverses_id}
    return {
        "legs": proposal.stored_legs,
        "effective_at": proposal.effective_at and proposal.effective_at.isoformat(),
    }
