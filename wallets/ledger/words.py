"""Amounts, accounts and refusals of the ledger in words, for staff. English only."""

from collections.abc import Iterable, Mapping

from django.db.models import Sum
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nannychain.errors import NannyChainError
from wallets.ledger.errors import AccountUnavailable, LedgerRefusal, NotEnough, Unbalanced
from wallets.ledger.models import Account, Currency, Journal, Posting
from wallets.ledger.tables import Cell

_LINK = "text-primary-600 dark:text-primary-500"


def figure(minor: int, *, scale: int) -> str:
    """Return minor units as people read them, without the currency: `1,234.50`."""
    whole, rest = divmod(abs(minor), 10**scale)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole:,}.{rest:0{scale}d}" if scale else f"{sign}{whole:,}"


def money(minor: int, currency: Currency) -> str:
    """Return minor units as people read them, with the currency: `KES 1,234.50`."""
    return f"{currency.code} {figure(minor, scale=currency.scale)}"


def column(minor: int, currency: Currency) -> SafeString:
    """Return an amount for a column of amounts, below each other by their last digits."""
    is_below = " amount-below" if minor < 0 else ""
    return format_html('<span class="amount{}">{}</span>', is_below, money(minor, currency))


def amount(text: str) -> SafeString:
    """Return a told amount for a column of amounts."""
    return format_html('<span class="amount">{}</span>', text)


def key(text: str) -> SafeString:
    """Return a key, which may be broken anywhere where a line ends."""
    return format_html('<span class="key">{}</span>', text)


def two_sides(minor: int, currency: Currency) -> tuple[Cell, Cell]:
    """Return the two columns of a leg: an amount above zero is a debit."""
    told = money(abs(minor), currency)
    return (
        Cell("Debit", told if minor > 0 else "", True),
        Cell("Credit", told if minor < 0 else "", True),
    )


def number(text: str) -> int | None:
    """Return the number of a row that a person has typed; none where it can't be one."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 19
    return int(text) if is_number else None


def account(found: Account) -> str:
    """Return what an account is called: `1110.600000 M-Pesa paybill`. Needs its kind."""
    return f"{found} {found.kind.name}"


def account_link(found: Account) -> SafeString:
    """Return what an account is called, as a way to its page."""
    return link("account", found.pk, account(found))


def link(model: str, key: object, text: object) -> SafeString:
    """Return a way to the page of a row of ours in the admin."""
    address = reverse(f"admin:wallets_{model}_change", args=[key])
    return format_html('<a class="{}" href="{}">{}</a>', _LINK, address, text)


def moved(journal_ids: Iterable[int]) -> Mapping[int, str]:
    """Return how much each journal has moved, in each currency: the sum of its debits."""
    debits = (
        Posting.objects.filter(journal_id__in=list(journal_ids), amount__gt=0)
        .values("journal_id", "account__currency__code", "account__currency__scale")
        .annotate(total=Sum("amount"))
        .order_by("journal_id", "account__currency__code")
    )
    told: dict[int, str] = {}
    for row in debits:
        currency = Currency(
            code=row["account__currency__code"], scale=row["account__currency__scale"]
        )
        text = money(int(row["total"]), currency)
        told[row["journal_id"]] = ", ".join(filter(None, (told.get(row["journal_id"]), text)))
    return told


def reversed_by(journal_ids: Iterable[int]) -> Mapping[int, int]:
    """Return the journals that reverse these, by what they reverse."""
    found = Journal.objects.filter(reverses_id__in=list(journal_ids))
    return dict(found.values_list("reverses_id", "id"))


def refusal(error: NannyChainError) -> str:
    """Return why something was refused, with its figures."""
    if not isinstance(error, LedgerRefusal):
        return str(error.message)
    named = int(error.figures.get("account_id", 0))
    found = Account.objects.select_related("kind", "currency").filter(pk=named).first()
    if isinstance(error, NotEnough) and found is not None:
        return f"{error.message} {account(found)} has {money(error.available, found.currency)}."
    if isinstance(error, AccountUnavailable):
        return f"{account(found)} is closed." if found else "There is no such account."
    if isinstance(error, Unbalanced) and "rest" in error.figures:
        return unbalanced(error.figures["currency"], int(error.figures["rest"]))
    return f"{error.message} ({error})"


def unbalanced(code: str, rest: int) -> str:
    """Return which side of a journal is greater, and by how much."""
    currency = Currency.objects.get(pk=code)
    sides = ("Debits", "credits") if rest > 0 else ("Credits", "debits")
    return f"{sides[0]} are {money(abs(rest), currency)} more than {sides[1]}."
