"""Deposit: money from the caller's own M-Pesa, by a prompt on the phone; told later by SMS."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from nannychain.money import parse_cents
from payments.deposits import services as deposits
from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Ask, Confirm, Example, Pin, flow
from ussd.engine.steps import Finish, Next, Step

_SHOWN = {"amount_cents": 150000}


def ask_amount(visit: Visit) -> str:  # noqa: ARG001
    """Ask how much."""
    return _("Deposit from your M-Pesa. Enter the amount in shillings.")


def read_amount(visit: Visit, typed: str) -> Step:  # noqa: ARG001
    """Take an amount in any usual spelling."""
    return Next({"amount_cents": parse_cents(typed)})


def quote(visit: Visit) -> Mapping[str, Any]:
    """Return what will be asked for; M-Pesa takes whole shillings, and all of it is hers."""
    asked_cents = deposits.rounded_up(visit.values["amount_cents"])
    return {"asked_cents": asked_cents, "phone": visit.hop.phone}


def confirm(visit: Visit) -> str:
    """Show amount, fee and whose M-Pesa."""
    return text.fill(
        _("Deposit {amount} from M-Pesa {phone}\nFee {fee}"),
        amount=text.amount(visit.frozen["asked_cents"]),
        phone=text.phone_number(visit.frozen["phone"]),
        fee=text.amount(0),
    )


def ask_pin(visit: Visit) -> str:  # noqa: ARG001
    """Ask for our PIN, which is not that of M-Pesa."""
    return _("Enter your NannyChain PIN to confirm.")


def request(visit: Visit) -> Step:
    """Have the prompt sent; the person answers it after this session."""
    deposits.request(
        visit.caller.member_id, amount_cents=visit.frozen["asked_cents"], channel="ussd"
    )
    return Finish(
        _("Enter your M-Pesa PIN on the message that comes now. Then you will get an SMS.")
    )


FLOW = flow(
    "deposit",
    Ask(prompt=ask_amount, read=read_amount),
    confirm=Confirm(
        prompt=confirm,
        freeze=quote,
        twin=lambda visit: str(visit.values["amount_cents"]),
        example=Example(values=_SHOWN, frozen={"asked_cents": 150000, "phone": "+254712345678"}),
    ),
    pin=Pin(prompt=ask_pin, act=request),
)
