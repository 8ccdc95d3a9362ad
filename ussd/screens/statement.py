"""Statement: the last movements of the wallet, after the PIN, newest first."""

from datetime import UTC, datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Example, Pin, Show, flow
from wallets.ledger import statements
from wallets.wallet import selectors as wallets

ENTRIES = 10

# What moved the money, in a word; what isn't named here needs none beside the amount.
WORDS: dict[str, str | Promise] = {
    "deposit.settled": gettext_lazy("deposit"),
    "paybill.received": gettext_lazy("paybill"),
    "paybill.allotted": gettext_lazy("paybill"),
    "transfer.sent": gettext_lazy("sent or received"),
    "withdrawal.reserved": gettext_lazy("withdrawal"),
    "withdrawal.failed": gettext_lazy("came back"),
}


def ask_pin(visit: Visit) -> str:  # noqa: ARG001
    """Ask for the PIN."""
    return _("Enter your PIN to see your statement.")


def look(visit: Visit) -> list[statements.Entry]:
    """Return the last movements."""
    account_id = wallets.account_of(visit.caller.member_id)
    return statements.page(account_id, size=ENTRIES).entries


def shown(visit: Visit) -> str:
    """Tell the last movements, one line each, and the balance after them."""
    entries = list(visit.frozen)
    if not entries:
        return _("Nothing has moved in your wallet yet.")
    balance = text.fill(_("Balance: {amount}"), amount=text.amount(entries[0].balance))
    return "\n".join([balance, *(_line(entry) for entry in entries)])


def _line(entry: statements.Entry) -> str:
    sign = "+" if entry.amount > 0 else ""
    day, amount = text.short_date(entry.effective_at), text.amount(entry.amount)
    return f"{day} {sign}{amount} {WORDS.get(entry.kind, '')}".rstrip()


def _example() -> list[statements.Entry]:
    instant, balance = datetime(2026, 11, 27, 9, tzinfo=UTC), 1498050
    found = []
    for number, kind in enumerate((*WORDS, *WORDS), start=1):
        amount = 50000 if number % 2 else -15000
        found.append(statements.Entry(number, number, kind, "", instant, instant, amount, balance))
        instant, balance = instant - timedelta(days=3), balance - amount
    return found[:ENTRIES]


FLOW = flow(
    "statement",
    Pin(prompt=ask_pin),
    shown=Show(prompt=shown, look=look, example=Example(frozen=_example())),
)
