"""The portal's statements: they agree with themselves, and with the money that moved."""

from dataclasses import replace
from typing import Any

import pytest
import requests

from payments.reconciliation.statements import parsing
from payments.reconciliation.statements.kinds import Kind, kind_of
from payments.reconciliation.statements.layout import Statement
from tests.simulators.daraja.caller import B2C, SHORTCODE, Caller
from tests.simulators.program import SECONDS_MAX

PHONE = "+254722000111"


def download(caller: Caller, **asked: Any) -> requests.Response:
    """Ask for a statement."""
    url = f"{caller.simulators.url}/daraja/portal/statement"
    return requests.get(url, params=asked, timeout=SECONDS_MAX)


def statement(caller: Caller, **asked: Any) -> Statement:
    """Return a statement as the product reads it; both formats must say the same, but for when
    each was made.
    """
    first, second = (
        parsing.read(download(caller, format=kind, **asked).content) for kind in ("csv", "xlsx")
    )
    assert first.head.reported_at is not None
    later = replace(second.head, reported_at=first.head.reported_at)
    assert first == replace(second, head=later)
    return first


def control(caller: Caller, path: str, **asked: Any) -> dict[str, Any]:
    """Use the control API."""
    answer: dict[str, Any] = caller.simulators.post(f"/control/daraja/{path}", **asked)
    return answer


def test_what_was_paid_in_stands_in_the_working_account(caller: Caller) -> None:
    paid = control(caller, "paybill", phone=PHONE, account="NW-7K3QX9MB", shillings=800)
    (line,) = statement(caller, shortcode=SHORTCODE).lines
    assert (line.receipt, line.amount_cents, line.balance_cents) == (
        paid["receipt"],
        800_00,
        800_00,
    )
    assert (line.account, kind_of(line)) == ("NW-7K3QX9MB", Kind.PAY_IN)
    assert line.party.startswith("25472****111 - ")


def test_a_payout_its_charge_and_the_payment_of_charges(caller: Caller) -> None:
    caller.pay_out(PHONE, 1_600, OriginatorConversationID="0199-our-own-id")
    control(caller, "charges", shortcode=B2C)
    found = statement(caller, shortcode=B2C)
    payout, settled = found.lines
    assert (payout.amount_cents, kind_of(payout)) == (-1_600_00, Kind.PAYOUT)
    assert "Original conversation ID is 0199-our-own-id." in payout.details
    assert (settled.amount_cents, kind_of(settled)) == (-9_00, Kind.CHARGES_SETTLED)
    charge, paid = statement(caller, shortcode=B2C, account="Charges Paid Account").lines
    assert (charge.receipt, charge.amount_cents) == (payout.receipt, -9_00)
    assert (kind_of(charge), charge.balance_cents) == (Kind.CHARGE, -9_00)
    assert (paid.receipt, paid.amount_cents, paid.balance_cents) == (settled.receipt, 9_00, 0)


def test_a_reversal_names_what_it_undoes(caller: Caller) -> None:
    paid = control(caller, "paybill", phone=PHONE, account="X", shillings=800)
    caller.ask(
        "/mpesa/reversal/v1/request",
        CommandID="TransactionReversal",
        TransactionID=paid["receipt"],
        Amount="800",
        ReceiverParty=SHORTCODE,
    )
    payment, back = statement(caller, shortcode=SHORTCODE).lines
    assert (back.linked, back.amount_cents) == (payment.receipt, -800_00)
    assert (kind_of(back), back.balance_cents) == (Kind.REVERSAL, 0)


def test_a_sweep_stands_in_both_accounts(caller: Caller) -> None:
    control(caller, "paybill", phone=PHONE, account="X", shillings=800)
    control(caller, "sweep", shortcode=SHORTCODE, account="Working Account", cents=500_00)
    _, out = statement(caller, shortcode=SHORTCODE).lines
    settlement = "Organization Settlement Account"
    (into,) = statement(caller, shortcode=SHORTCODE, account=settlement).lines
    assert (out.receipt, out.amount_cents) == (into.receipt, -into.amount_cents)
    assert kind_of(out) is kind_of(into) is Kind.SWEEP
    assert out.reason_type == into.reason_type == f"Working Account to {settlement}"


def test_a_float_that_is_filled_up_is_a_line_too(caller: Caller) -> None:
    control(caller, "floats", shortcode=B2C, cents=7_000_00)
    (line,) = statement(caller, shortcode=B2C).lines
    assert (line.balance_cents, kind_of(line)) == (7_000_00, Kind.SWEEP)


def test_a_statement_of_another_day_has_its_own_opening(caller: Caller) -> None:
    control(caller, "paybill", phone=PHONE, account="X", shillings=800)
    past = {"shortcode": SHORTCODE, "from": "2026-01-01", "to": "2026-01-02"}
    found = statement(caller, **past)
    assert (found.lines, found.head.opening_cents, found.head.closing_cents) == ((), 0, 0)
    later = {"shortcode": SHORTCODE, "from": "2090-01-01", "to": "2090-01-02"}
    assert statement(caller, **later).head.opening_cents == 800_00


@pytest.mark.parametrize(
    "asked",
    [{"account": "Petty Cash"}, {"from": "yesterday"}, {"format": "pdf"}, {"shortcode": "x"}],
)
def test_what_it_does_not_know_is_refused(caller: Caller, asked: dict[str, str]) -> None:
    assert download(caller, **asked).status_code == 400
