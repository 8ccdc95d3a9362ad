"""The chart of accounts and the kinds of journal in the admin, to read."""

from django.contrib import admin
from unfold.decorators import display

from wallets.ledger.admin.pages import LedgerAdmin
from wallets.ledger.models import AccountKind, JournalKind

_CUSTOMERS = "customers'"


@admin.register(AccountKind)
class AccountKindAdmin(LedgerAdmin):
    """The chart, by code."""

    list_display = (*("code", "name", "type", "side", "kept", "floor", "whose", "clears"),)
    list_filter = ("type", "is_deferred", "is_customer_money")
    ordering = ("code",)
    list_per_page = 200
    fields = (
        ("code", "name"),
        ("type", "side"),
        ("kept", "floor"),
        ("whose", "clears"),
    )
    readonly_fields = ("kept", "whose", "clears")

    @display(description="Kept", ordering="is_deferred")
    def kept(self, kind: AccountKind) -> str:
        """Show how the balance is kept: rolled up, or locked by each posting."""
        return "hot" if kind.is_deferred else "strict"

    @display(description="Whose money", ordering="is_customer_money", label={_CUSTOMERS: "info"})
    def whose(self, kind: AccountKind) -> str | None:
        """Show whether it is customers' money."""
        return _CUSTOMERS if kind.is_customer_money else None

    @display(description="Clears within")
    def clears(self, kind: AccountKind) -> str:
        """Show how soon money has to leave it."""
        days = kind.clears_within_days
        return "-" if days is None else f"{days} day" if days == 1 else f"{days} days"


@admin.register(JournalKind)
class JournalKindAdmin(LedgerAdmin):
    """The kinds of journal, by code."""

    list_display = ("code", "phrase", "may_debit", "may_credit")
    ordering = ("code",)
    list_per_page = 200
    fields = ("code", "phrase", "may_debit", "may_credit")
    readonly_fields = ("may_debit", "may_credit")

    @display(description="May debit")
    def may_debit(self, kind: JournalKind) -> str:
        """Show which kinds of account it may debit."""
        return _listed(kind.debits)

    @display(description="May credit")
    def may_credit(self, kind: JournalKind) -> str:
        """Show which kinds of account it may credit."""
        return _listed(kind.credits)


def _listed(codes: list[int]) -> str:
    return f"{len(codes)} kinds" if len(codes) > 8 else ", ".join(map(str, codes)) or "-"
