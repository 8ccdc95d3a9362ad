"""Send: money to another member, by phone number or Worker ID."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from nannychain.money import parse_cents
from payments.transfers import services as transfers
from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Ask, Confirm, Example, Pin, flow
from ussd.engine.steps import Finish, Next, Reconfirm, Step
from workers.identity.models import Member

_SHOWN = {"payee": str(UUID(int=1)), "amount_cents": 150000}
_QUOTE = {"name": "Wanjiku K. 0722***111", "fee_cents": 500, "total_cents": 150500}


def ask_payee(visit: Visit) -> str:  # noqa: ARG001
    """Ask to whom."""
    return _("Send money to: enter a phone number or Worker ID.")


def read_payee(visit: Visit, typed: str) -> Step:
    """Find the payee; nobody's name is told yet."""
    payee = transfers.find_payee(visit.caller.member_id, recipient_text=typed)
    return Next({"payee": str(payee.pk)})


def ask_amount(visit: Visit) -> str:  # noqa: ARG001
    """Ask how much."""
    return _("Enter the amount in shillings.")


def read_amount(visit: Visit, typed: str) -> Step:  # noqa: ARG001
    """Take an amount in any usual spelling."""
    return Next({"amount_cents": parse_cents(typed)})


def quote(visit: Visit) -> Mapping[str, Any]:
    """Return what it would be: the payee's name as far as it is shown, fee and total."""
    payee = Member.objects.get(pk=visit.values["payee"])
    found = transfers.quote_to(
        visit.caller.member_id, recipient=payee, amount_cents=visit.values["amount_cents"]
    )
    return {
        "name": found.name,
        "fee_cents": found.fee.total_cents,
        "total_cents": found.total_cents,
    }


def confirm(visit: Visit) -> str:
    """Show counterpart, amount, fee and total."""
    shown = visit.frozen
    return text.fill(
        _("Send {amount} to {name}\nFee {fee}\nTotal {total}"),
        amount=text.amount(visit.values["amount_cents"]),
        name=text.name(shown["name"]),
        fee=text.amount(shown["fee_cents"]),
        total=text.amount(shown["total_cents"]),
    )


def ask_pin(visit: Visit) -> str:  # noqa: ARG001
    """Ask for the PIN, last of all."""
    return _("Enter your PIN to confirm.")


def send(visit: Visit) -> Step:
    """Send it, once, for the fee that was seen."""
    try:
        transfer = transfers.send(
            visit.caller.member_id,
            recipient_id=UUID(visit.values["payee"]),
            amount_cents=visit.values["amount_cents"],
            shown_fee_cents=visit.frozen["fee_cents"],
            key=f"ussd:{visit.key}",
            channel="ussd",
        )
    except transfers.FeeChanged as error:
        return Reconfirm(str(error.message))
    sent = _("Sent: {amount} to {name}. Number {reference}. You will get an SMS.")
    return Finish(
        text.fill(
            sent,
            amount=text.amount(transfer.amount_cents),
            name=text.name(visit.frozen["name"]),
            reference=text.Value(transfer.reference, 12),
        )
    )


FLOW = flow(
    "send",
    Ask(prompt=ask_payee, read=read_payee),
    amount=Ask(prompt=ask_amount, read=read_amount, example=Example(values=_SHOWN)),
    confirm=Confirm(
        prompt=confirm,
        freeze=quote,
        twin=lambda visit: f"{visit.values['payee']} {visit.values['amount_cents']}",
        example=Example(values=_SHOWN, frozen=_QUOTE),
    ),
    pin=Pin(prompt=ask_pin, act=send),
)
