"""Withdraw: money from the wallet to the caller's own M-Pesa. The outcome comes by SMS."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from nannychain.money import parse_cents
from payments.withdrawals import errors, selectors
from payments.withdrawals import services as withdrawals
from payments.withdrawals.selectors import Quote
from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Ask, Confirm, Example, Pin, flow
from ussd.engine.steps import Finish, Next, Reconfirm, Step

_SHOWN = {"amount_cents": 150000}
_QUOTE = Quote(asked_cents=150000, amount_cents=150000, fee_cents=2500, tax_cents=400)


def ask_amount(visit: Visit) -> str:  # noqa: ARG001
    """Ask how much."""
    return _("Withdraw to your M-Pesa. Enter the amount in shillings.")


def read_amount(visit: Visit, typed: str) -> Step:  # noqa: ARG001
    """Take an amount in any usual spelling."""
    return Next({"amount_cents": parse_cents(typed)})


def quote(visit: Visit) -> Mapping[str, Any]:
    """Return what it would do, with its fee."""
    return asdict(selectors.quote(visit.values["amount_cents"]))


def confirm(visit: Visit) -> str:
    """Show amount, where it goes, fee and total."""
    shown = Quote(**visit.frozen)
    return text.fill(
        _("Withdraw {amount} to M-Pesa {phone}\nFee {fee}\nTotal {total}"),
        amount=text.amount(shown.amount_cents),
        phone=text.phone_number(visit.hop.phone),
        fee=text.amount(shown.charges_cents),
        total=text.amount(shown.total_cents),
    )


def ask_pin(visit: Visit) -> str:  # noqa: ARG001
    """Ask for the PIN, last of all."""
    return _("Enter your PIN to confirm.")


def request(visit: Visit) -> Step:
    """Take it out of the wallet, for the fee that was seen; a worker has it paid out."""
    try:
        withdrawal = withdrawals.request(
            visit.caller.member_id,
            amount_cents=visit.values["amount_cents"],
            channel="ussd",
            seen=Quote(**visit.frozen),
        )
    except errors.FeeChanged as error:
        return Reconfirm(str(error.message))
    accepted = _("{amount} is on its way to your M-Pesa. You will get an SMS.")
    return Finish(text.fill(accepted, amount=text.amount(withdrawal.amount_cents)))


FLOW = flow(
    "withdraw",
    Ask(prompt=ask_amount, read=read_amount),
    confirm=Confirm(
        prompt=confirm,
        freeze=quote,
        twin=lambda visit: str(visit.values["amount_cents"]),
        example=Example(values=_SHOWN, frozen=asdict(_QUOTE)),
    ),
    pin=Pin(prompt=ask_pin, act=request),
)
