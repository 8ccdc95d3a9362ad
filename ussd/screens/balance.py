"""Balance: what is in the wallet, after the PIN."""

from django.utils.translation import gettext as _

from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Example, Pin, Show, flow
from wallets.ledger.reading import Standing
from wallets.wallet import selectors as wallets


def ask_pin(visit: Visit) -> str:  # noqa: ARG001
    """Ask for the PIN."""
    return _("Enter your PIN to see your balance.")


def shown(visit: Visit) -> str:
    """Tell the balance, and what of it is on hold, if anything."""
    standing = visit.frozen
    balance = text.fill(_("Your balance: {amount}"), amount=text.amount(standing.balance))
    if not standing.held:
        return balance
    usable = text.fill(_("You can use: {amount}"), amount=text.amount(standing.available))
    held = text.fill(_("On hold: {amount}"), amount=text.amount(standing.held))
    return f"{balance}\n{usable}\n{held}"


FLOW = flow(
    "balance",
    Pin(prompt=ask_pin),
    shown=Show(
        prompt=shown,
        look=lambda visit: wallets.standing_of(visit.caller.member_id),
        example=Example(
            frozen=Standing(
                account_id=1, currency="KES", balance=1498050, held=500000, available=998050
            )
        ),
    ),
)
