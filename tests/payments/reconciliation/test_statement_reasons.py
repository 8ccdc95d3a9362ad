"""Reason types that we don't know: they ring until somebody has seen to them, or we know them."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.alerts.models import Alert
from nannychain.ids import new_id
from payments.paybill.models import PaybillPayment
from payments.reconciliation.breaks import services as breaks
from payments.reconciliation.breaks.models import Break, BreakEvent
from payments.reconciliation.statements import kinds, services
from payments.reconciliation.statements.kinds import Kind
from payments.reconciliation.statements.models import StatementFile, StatementLine
from payments.reconciliation.statements.states import State
from payments.withdrawals.states import State as Payout
from tests.factories import mpesa
from tests.factories.mpesa import PAYOUT_SHORTCODE, SHORTCODE
from tests.factories.safaricom import Safaricom
from tests.factories.statements import (
    Moved,
    Paper,
    breaks_left,
    handed_in,
    today,
    unknown_payout,
)
from wallets.ledger import accounts
from wallets.ledger.chart import Kind as Account
from wallets.ledger.manual import services as manual
from wallets.ledger.recipes import credit, debit

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NEW = "Agent Float Rebalance"


def rings(shortcode: str = SHORTCODE) -> list[str] | None:
    """Return the reason types that an open alert names; None without one."""
    alert = Alert.objects.filter(
        key=f"statement:reasons:{shortcode}", resolved_at__isnull=True
    ).first()
    return alert.details["reason types"] if alert else None


def answer(line: Moved, *, settle: bool) -> None:
    """Let people settle the break of a line, or explain it."""
    found, officer = Break.objects.get(reference=line.receipt), Actor(new_id(), "NW-OFFICER")
    if settle:
        with transaction.atomic():
            breaks.settled(found, what=BreakEvent.What.SETTLED, why="booked by hand", by=officer)
    else:
        breaks.explain(found.pk, reason="Safaricom moves agents' float", by=officer)


def learn(monkeypatch: pytest.MonkeyPatch, *, direction: int, kind: Kind) -> None:
    """Let the table know the reason type."""
    monkeypatch.setitem(kinds._REASONS, (NEW.casefold(), direction), kind)


def test_one_is_kept_named_and_rings() -> None:
    line = Moved(300_00, reason=NEW)
    handed_in(Paper(moved=[line]))
    assert StatementLine.objects.get().kind == "unknown"
    assert breaks_left() == {line.receipt: "in_statement_not_ledger"}
    assert rings() == [NEW]


@pytest.mark.parametrize("settle", [True, False])
def test_it_rings_until_people_have_answered_for_the_last(settle: bool) -> None:
    first, second = Moved(300_00, reason=NEW), Moved(200_00, reason="Something Else")
    handed_in(Paper(moved=[first, second]))
    answer(first, settle=settle)
    services.compare_all()
    assert rings() == ["Something Else"]
    answer(second, settle=settle)
    for _ in range(2):
        services.compare_all()
        assert rings() is None


class TestWhenItIsKnown:
    """A line that is stored is taken as what its reason type means, once the table says so."""

    def test_a_payment_is_booked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        line = Moved(300_00, reason=NEW, account="school fees")
        handed_in(Paper(moved=[line]))
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == 0
        learn(monkeypatch, direction=1, kind=Kind.PAY_IN)
        services.compare_all()
        assert PaybillPayment.objects.get().receipt == line.receipt
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == 300_00
        assert (breaks_left(), rings()) == ({}, None)

    def test_a_payout_is_found_by_its_id(
        self, safaricom: Safaricom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        withdrawal, our_id = unknown_payout(safaricom)
        details = f"Original conversation ID is {our_id}."
        line = Moved(-500_00, reason=NEW, details=details)
        handed_in(today([line], opening_cents=1_000_00, shortcode=PAYOUT_SHORTCODE))
        assert rings(PAYOUT_SHORTCODE) == [NEW]
        learn(monkeypatch, direction=-1, kind=Kind.PAYOUT)
        services.compare_all()
        withdrawal.refresh_from_db()
        assert (withdrawal.state, withdrawal.receipt) == (Payout.PAID, line.receipt)
        assert (breaks_left(), rings(PAYOUT_SHORTCODE)) == ({}, None)

    @pytest.mark.parametrize("settle", [True, False])
    def test_what_people_have_answered_for_is_not_booked_once_more(
        self, settle: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        line = Moved(300_00, reason=NEW, account="school fees")
        handed_in(Paper(moved=[line]))
        answer(line, settle=settle)
        learn(monkeypatch, direction=1, kind=Kind.PAY_IN)
        services.compare_all()
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == 0
        assert rings() is None

    @pytest.mark.parametrize("cents", [300_00, 299_00])
    def test_what_was_booked_by_hand_since_is_not_booked_once_more(
        self, cents: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        handed_in(Paper(moved=[Moved(300_00, reason=NEW, account="school fees")]))
        paybill = accounts.open_account(Account.PAYBILL_FLOAT, label=SHORTCODE)
        legs = (debit(paybill, cents), credit(accounts.open_account(Account.EQUITY), cents))
        two = ({"by": new_id(), "name": "NW-A"}, {"by": new_id(), "name": "NW-B"})
        proposal = manual.propose(legs, effective_at=timezone.now(), reason="seen", **two[0])
        manual.approve(proposal.pk, reason="I agree", **two[1])
        learn(monkeypatch, direction=1, kind=Kind.PAY_IN)
        services.compare_all()
        missed = 0 if cents == 300_00 else 300_00
        assert mpesa.standing(Account.PAYBILL_FLOAT, SHORTCODE) == cents + missed

    def test_a_charge_is_left_to_people(self, monkeypatch: pytest.MonkeyPatch) -> None:
        line = Moved(-9_00, reason=NEW)
        handed_in(Paper(moved=[line], opening_cents=50_00))
        learn(monkeypatch, direction=-1, kind=Kind.CHARGE)
        services.compare_all()
        found = Break.objects.get()
        assert found.cause == "the charges of its file were booked without it"
        assert (found.reference, found.page) == (line.receipt, "wallets_manualjournal_changelist")
        assert rings() is None

    def test_a_charge_named_after_those_of_its_file_were_booked_holds_up_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A worker died between its charges and its end, and the table has changed since."""
        charge = Moved(-5_00, reason="Business Payment to Customer Charge")
        handed_in(Paper(moved=[charge, Moved(-9_00, reason=NEW)], opening_cents=50_00))
        StatementFile.objects.update(state=State.STORED)
        learn(monkeypatch, direction=-1, kind=Kind.CHARGE)
        services.compare_all()
        file = services.work_off(StatementFile.objects.get().pk)
        assert file.state == State.COMPARED
        assert mpesa.standing(Account.MPESA_CHARGES, SHORTCODE) == 5_00


class TestALineStaysAsItWasListed:
    """Only an unknown kind can be named, and once."""

    def test_what_is_known_can_not_be_changed(self) -> None:
        handed_in(Paper(moved=[Moved(300_00)]))
        self.refused(kind="payout")

    def test_nothing_else_of_what_is_unknown_can_be_changed(self) -> None:
        handed_in(Paper(moved=[Moved(300_00, reason=NEW)]))
        self.refused(amount_cents=1)
        self.refused(reference="another")  # it goes with the name
        self.refused(kind="pay_in", completed_at=StatementLine.objects.get().completed_at + HOUR)
        with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
            StatementLine.objects.all()._raw_delete("default")

    def refused(self, **changes: object) -> None:
        """Assert that PostgreSQL refuses these changes."""
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            StatementLine.objects.update(**changes)
