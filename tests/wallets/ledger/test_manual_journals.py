"""Manual journals: one proposes, another decides, in the services and in the database."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from nannychain.audit.models import AuditEntry
from nannychain.states.machine import IllegalMove
from nannychain.states.models import StateChange
from tests.factories import books
from tests.factories.threads import at_once
from wallets.ledger import accounts, posting, reading
from wallets.ledger.chart import Kind
from wallets.ledger.checking import services as checking
from wallets.ledger.errors import AccountUnavailable, NotEnough, Unbalanced
from wallets.ledger.manual import services
from wallets.ledger.manual.models import ManualJournal
from wallets.ledger.manual.states import State
from wallets.ledger.models import Journal
from wallets.ledger.recipes import MANUAL, Draft, Leg, MalformedJournal, credit, debit

pytestmark = pytest.mark.django_db
AMINA = {"by": uuid.UUID(int=1), "name": "NW-AMINA"}
BARAKA = {"by": uuid.UUID(int=2), "name": "NW-BARAKA"}


def _proposed(*legs: Leg) -> ManualJournal:
    return services.propose(legs, effective_at=books.MORNING, reason="found it", **AMINA)


@pytest.fixture
def wallet() -> int:
    return books.wallet(1000_00)


@pytest.fixture
def losses() -> int:
    return accounts.open_account(Kind.RECONCILIATION_LOSSES)


@pytest.fixture
def proposal(wallet: int, losses: int) -> ManualJournal:
    return _proposed(debit(losses, 25_00), credit(wallet, 25_00))


def test_a_proposal_books_nothing(proposal: ManualJournal, wallet: int) -> None:
    assert proposal.state == State.PROPOSED
    assert reading.standing(wallet).balance == 1000_00


def test_a_second_person_posts_it(proposal: ManualJournal, wallet: int, losses: int) -> None:
    posted = services.approve(proposal.pk, reason="I agree", **BARAKA)
    posted.refresh_from_db()
    assert (posted.state, posted.decider, posted.decision_reason) == (
        State.POSTED,
        "NW-BARAKA",
        "I agree",
    )
    assert posted.journal is not None
    assert (posted.journal.kind, posted.journal.key) == (MANUAL, f"manual:{posted.pk}")
    assert posted.journal.effective_at == books.MORNING
    assert reading.standing(wallet).balance == 1025_00
    assert reading.standing(losses).balance == 25_00
    connection.check_constraints()


@pytest.mark.parametrize("act", [services.approve, services.reject])
def test_who_proposed_it_can_not_decide(
    proposal: ManualJournal, act: Callable[..., ManualJournal]
) -> None:
    with pytest.raises(services.SamePerson):
        act(proposal.pk, reason="I agree with myself", **AMINA)
    proposal.refresh_from_db()
    assert proposal.state == State.PROPOSED
    assert not Journal.objects.filter(kind=MANUAL).exists()


def test_a_rejected_one_books_nothing_and_is_over(proposal: ManualJournal) -> None:
    services.reject(proposal.pk, reason="wrong wallet", **BARAKA)
    with pytest.raises(IllegalMove):
        services.approve(proposal.pk, reason="after all", **BARAKA)
    assert not Journal.objects.filter(kind=MANUAL).exists()


def test_only_who_proposed_it_can_withdraw_it(proposal: ManualJournal) -> None:
    with pytest.raises(services.NotYours):
        services.withdraw(proposal.pk, reason="not good", **BARAKA)
    services.withdraw(proposal.pk, reason="a slip", **AMINA)
    with pytest.raises(IllegalMove):
        services.approve(proposal.pk, reason="I agree", **BARAKA)


def test_a_posted_one_is_not_posted_again(proposal: ManualJournal, wallet: int) -> None:
    services.approve(proposal.pk, reason="I agree", **BARAKA)
    for act in (services.approve, services.reject):
        with pytest.raises(IllegalMove):
            act(proposal.pk, reason="once more", **BARAKA)
    with pytest.raises(IllegalMove):
        services.withdraw(proposal.pk, reason="once more", **AMINA)
    assert reading.standing(wallet).balance == 1025_00


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 201, "nul \0", "hidden \u200b", "\u202e"])
def test_a_reason_is_one_line_that_can_be_read(
    proposal: ManualJournal, wallet: int, losses: int, reason: str
) -> None:
    legs = (debit(losses, 1), credit(wallet, 1))
    with pytest.raises(services.InvalidReason):
        services.propose(legs, effective_at=books.MORNING, reason=reason, **AMINA)
    for act in (services.approve, services.reject):
        with pytest.raises(services.InvalidReason):
            act(proposal.pk, reason=reason, **BARAKA)
    with pytest.raises(services.InvalidReason):
        services.withdraw(proposal.pk, reason=reason, **AMINA)


def test_what_the_ledger_refuses_stays_proposed(wallet: int, losses: int) -> None:
    proposal = _proposed(debit(wallet, 1000_01), credit(losses, 1000_01))
    with pytest.raises(NotEnough) as refused:
        services.approve(proposal.pk, reason="I agree", **BARAKA)
    assert (refused.value.account_id, refused.value.available) == (wallet, 1000_00)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == (State.PROPOSED, None)
    posting.post(books.deposit(wallet, 1))
    assert services.approve(proposal.pk, reason="I agree", **BARAKA).state == State.POSTED


def test_what_could_never_be_posted_is_not_proposed(wallet: int, losses: int) -> None:
    closed = books.wallet()
    accounts.close_account(closed)
    for legs, error in (
        ((debit(losses, 2), credit(wallet, 1)), Unbalanced),
        ((debit(losses, 1),), MalformedJournal),
        ((debit(wallet, 1), credit(wallet, 1)), MalformedJournal),
        ((debit(2**62, 1), credit(wallet, 1)), AccountUnavailable),
        ((debit(closed, 1), credit(wallet, 1)), AccountUnavailable),
    ):
        with pytest.raises(error):
            _proposed(*legs)
    assert not ManualJournal.objects.exists()


def test_a_journal_has_no_more_legs_than_can_be_looked_through(losses: int) -> None:
    legs = [credit(books.wallet(), 1) for _ in range(50)]
    with pytest.raises(services.TooManyLegs):
        _proposed(debit(losses, 50), *legs)


def test_a_journal_can_not_lie_ahead(wallet: int, losses: int) -> None:
    legs = (debit(losses, 1), credit(wallet, 1))
    later = timezone.now() + timedelta(minutes=1)
    with pytest.raises(services.InFuture):
        services.propose(legs, effective_at=later, reason="soon", **AMINA)


def test_the_same_form_twice_is_one_proposal(wallet: int, losses: int) -> None:
    legs = (debit(losses, 1), credit(wallet, 1))
    form = {"effective_at": books.MORNING, "reason": "found it", "proposal_id": uuid.uuid4()}
    services.propose(legs, **form, **AMINA)
    with pytest.raises(services.AlreadyProposed):
        services.propose(legs, **form, **AMINA)
    assert ManualJournal.objects.count() == 1


def test_a_reversal_undoes_a_journal_by_two_people(wallet: int) -> None:
    sent = posting.post(books.transfer(wallet, books.wallet(), 100_00))
    proposal = services.propose_reversal(sent.journal_id, reason="sent twice", **AMINA)
    with pytest.raises(services.SamePerson):
        services.approve(proposal.pk, reason="I agree with myself", **AMINA)
    posted = services.approve(proposal.pk, reason="true", **BARAKA)
    reversal = Journal.objects.get(reverses_id=sent.journal_id)
    assert (posted.journal_id, reversal.cause) == (reversal.pk, f"manual:{proposal.pk}")
    assert reading.standing(wallet).balance == 1000_00


def test_a_journal_is_proposed_for_reversal_once_at_a_time(wallet: int) -> None:
    sent = posting.post(books.transfer(wallet, books.wallet(), 100_00))
    first = services.propose_reversal(sent.journal_id, reason="sent twice", **AMINA)
    with pytest.raises(services.AlreadyProposed):
        services.propose_reversal(sent.journal_id, reason="sent twice", **BARAKA)
    services.reject(first.pk, reason="it was right", **BARAKA)
    again = services.propose_reversal(sent.journal_id, reason="it was not", **AMINA)
    reversal = services.approve(again.pk, reason="true", **BARAKA).journal_id
    with pytest.raises(services.NotReversible):
        services.propose_reversal(sent.journal_id, reason="once more", **AMINA)
    with pytest.raises(services.NotReversible):
        services.propose_reversal(reversal, reason="and back", **AMINA)


def test_what_was_reversed_meanwhile_is_not_posted(wallet: int) -> None:
    sent = posting.post(books.transfer(wallet, books.wallet(), 100_00))
    proposal = services.propose_reversal(sent.journal_id, reason="sent twice", **AMINA)
    posting.reverse(sent.journal_id, cause="something else")
    with pytest.raises(services.NotReversible):
        services.approve(proposal.pk, reason="true", **BARAKA)
    proposal.refresh_from_db()
    assert proposal.state == State.PROPOSED


def test_money_that_was_spent_is_not_taken_back(wallet: int) -> None:
    recipient = books.wallet()
    sent = posting.post(books.transfer(wallet, recipient, 100_00))
    posting.post(books.transfer(recipient, wallet, 60_00))
    proposal = services.propose_reversal(sent.journal_id, reason="sent twice", **AMINA)
    with pytest.raises(NotEnough):
        services.approve(proposal.pk, reason="true", **BARAKA)


def test_there_is_nothing_to_reverse_or_decide_where_nothing_is() -> None:
    with pytest.raises(services.NoSuchJournal):
        services.propose_reversal(2**60, reason="sent twice", **AMINA)
    with pytest.raises(services.NoSuchProposal):
        services.approve(uuid.uuid4(), reason="true", **BARAKA)


def test_every_act_is_in_the_audit_trail_and_the_history(proposal: ManualJournal) -> None:
    services.approve(proposal.pk, reason="I agree", **BARAKA)
    entries = AuditEntry.objects.filter(subject_id=str(proposal.pk)).order_by("id")
    assert [(e.action, e.actor, e.reason) for e in entries] == [
        ("ledger.journal_proposed", "NW-AMINA", "found it"),
        ("ledger.journal_posted", "NW-BARAKA", "I agree"),
    ]
    assert entries[0].after["legs"] == proposal.stored_legs
    changes = StateChange.objects.filter(subject_id=str(proposal.pk)).order_by("id")
    assert [change.target for change in changes] == [State.PROPOSED, State.POSTED]


def test_the_database_wants_two_people(proposal: ManualJournal) -> None:
    decision = {
        "decided_by": AMINA["by"],
        "decider": "NW-AMINA",
        "decided_at": timezone.now(),
        "decision_reason": "I agree with myself",
    }
    rows = ManualJournal.objects.filter(pk=proposal.pk)
    draft = Draft(
        kind=MANUAL,
        key=f"manual:{proposal.pk}",
        legs=proposal.legs,
        effective_at=books.MORNING,
    )
    with pytest.raises(IntegrityError, match="by_two_people"), transaction.atomic():
        journal = posting.post(draft).journal_id
        rows.update(**decision, state=State.POSTED, journal_id=journal)
    for change in (
        {**decision, "state": State.REJECTED},
        {**decision, "state": State.WITHDRAWN, "decided_by": BARAKA["by"]},
        {**decision, "state": State.WITHDRAWN, "decision_reason": ""},
        {**decision, "state": State.POSTED, "decided_by": BARAKA["by"]},
        {"state": State.REJECTED},
        {"decided_by": BARAKA["by"]},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)


@pytest.mark.parametrize(
    "change",
    [
        {"stored_legs": [{"account_id": 1, "amount": 1}, {"account_id": 2, "amount": -1}]},
        {"effective_at": timezone.now()},
        {"reason": "another"},
        {"proposed_by": BARAKA["by"]},
        {"proposer": "NW-OTHER"},
    ],
)
def test_what_was_proposed_is_not_changed(
    proposal: ManualJournal, change: dict[str, object]
) -> None:
    with pytest.raises(DatabaseError, match="only be decided about"), transaction.atomic():
        ManualJournal.objects.filter(pk=proposal.pk).update(**change)


def test_a_decision_stays_and_no_proposal_is_removed(proposal: ManualJournal) -> None:
    with pytest.raises(DatabaseError, match="only be decided about"), transaction.atomic():
        ManualJournal.objects.all().delete()
    services.reject(proposal.pk, reason="wrong wallet", **BARAKA)
    with pytest.raises(DatabaseError, match="only be decided about"), transaction.atomic():
        ManualJournal.objects.update(decision_reason="right wallet")


def test_a_proposal_is_not_born_decided(wallet: int, losses: int) -> None:
    with pytest.raises(DatabaseError, match="only be decided about"), transaction.atomic():
        ManualJournal.objects.create(
            reverses=Journal.objects.earliest("id"),
            reason="at once",
            state=State.REJECTED,
            proposed_by=AMINA["by"],
            proposer="NW-AMINA",
            decided_by=BARAKA["by"],
            decided_at=timezone.now(),
            decision_reason="at once",
        )


def test_a_manual_journal_that_nobody_approved_does_not_pass(wallet: int, losses: int) -> None:
    draft = Draft(
        kind=MANUAL,
        key="manual:by hand",
        legs=(debit(losses, 1), credit(wallet, 1)),
        effective_at=books.MORNING,
    )
    with pytest.raises(DatabaseError, match="approved by another"), transaction.atomic():
        posting.post(draft)
        connection.check_constraints()
    assert reading.standing(wallet).balance == 1000_00


def test_what_was_approved_is_what_is_posted(proposal: ManualJournal, wallet: int) -> None:
    other, decision = books.wallet(), {"decided_at": timezone.now(), "decision_reason": "I agree"}
    losses = proposal.legs[0].account_id
    for cents, recipient, instant in (
        (26_00, wallet, books.MORNING),
        (25_00, other, books.MORNING),
        (25_00, wallet, books.MORNING + timedelta(days=1)),
    ):
        draft = Draft(
            kind=MANUAL,
            key=f"manual:{proposal.pk}",
            legs=(debit(losses, cents), credit(recipient, cents)),
            effective_at=instant,
        )
        with pytest.raises(DatabaseError, match="approved by another"), transaction.atomic():
            journal_id = posting.post(draft).journal_id
            ManualJournal.objects.filter(pk=proposal.pk).update(
                state=State.POSTED, journal_id=journal_id, decided_by=BARAKA["by"], **decision
            )
            connection.check_constraints()
    assert reading.standing(wallet).balance == 1000_00


def test_a_proposal_is_not_posted_as_another_journal(proposal: ManualJournal, wallet: int) -> None:
    sent = posting.post(books.transfer(wallet, books.wallet(), 100_00)).journal_id
    reversal = services.propose_reversal(sent, reason="sent twice", **AMINA)
    decision = {
        "state": State.POSTED,
        "decided_by": BARAKA["by"],
        "decided_at": timezone.now(),
        "decision_reason": "I agree",
        "journal_id": sent,
    }
    for each in (proposal, reversal):
        with pytest.raises(DatabaseError, match="only be decided about"), transaction.atomic():
            ManualJournal.objects.filter(pk=each.pk).update(**decision)


@pytest.mark.broken_books
@pytest.mark.parametrize(
    "change",
    [
        "decided_by = proposed_by",
        "stored_legs = '[]'",
        "stored_legs = jsonb_set(stored_legs, '{0,amount}', '2501')",
        "journal_id = NULL",
    ],
)
def test_a_manual_journal_of_one_person_is_found_by_the_check(
    proposal: ManualJournal, change: str
) -> None:
    posted = services.approve(proposal.pk, reason="I agree", **BARAKA)
    connection.check_constraints()
    assert checking.verify().faults == []
    with books.hand_in("wallets_manualjournal"), connection.cursor() as cursor:
        for name in ("by_two_people", "posted_has_its_journal"):
            constraint = f"manual_journal_{name}"
            cursor.execute(f"ALTER TABLE wallets_manualjournal DROP CONSTRAINT {constraint}")
        cursor.execute(f"UPDATE wallets_manualjournal SET {change}")
    assert checking.verify().faults == [
        f"manual_journals_take_two: journal {posted.journal_id} is not what one person proposed"
        " and another approved"
    ]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_approve_at_once_one_posts_it() -> None:
    wallet, losses = books.wallet(1), accounts.open_account(Kind.RECONCILIATION_LOSSES)
    proposal = _proposed(debit(losses, 25_00), credit(wallet, 25_00))

    def approve() -> bool:
        try:
            services.approve(proposal.pk, reason="I agree", by=uuid.uuid4(), name="one of many")
        except IllegalMove:
            return False
        return True

    assert sorted(at_once(approve, times=6)) == [False] * 5 + [True]
    assert reading.standing(wallet).balance == 25_01
