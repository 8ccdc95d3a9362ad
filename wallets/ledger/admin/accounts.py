"""Accounts in the admin, to read: what stands on them, their holds and their statements."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.decorators import display

from nannychain import audit
from nannychain.staff.acting import actor
from wallets.ledger import reading, statements, words
from wallets.ledger.admin.pages import LINES_MAX, LedgerAdmin
from wallets.ledger.models import Account, AccountKind
from wallets.ledger.tables import Cell, Table, Way, when
from wallets.wallet.models import Wallet

_ENTRIES = 50
_CURSOR = "before"
_NOBODY = UUID(int=0)


class KindFilter(admin.SimpleListFilter):
    """Accounts by kind."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer every line of the chart."""
        return [(str(kind.code), str(kind)) for kind in AccountKind.objects.order_by("code")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:  # noqa: ARG002
        """Narrow the list."""
        code = words.number(self.value() or "")
        return queryset if code is None else queryset.filter(kind=min(code, 9999))


class OpenFilter(admin.SimpleListFilter):
    """Accounts that are open, or closed."""

    title = "account"
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer both."""
        return [("open", "open"), ("closed", "closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:  # noqa: ARG002
        """Narrow the list."""
        if self.value() not in ("open", "closed"):
            return queryset
        return queryset.filter(closed_at__isnull=self.value() == "open")


class OwnerFilter(admin.SimpleListFilter):
    """Our own accounts, or those of others."""

    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer both."""
        return [("ours", "ours"), ("others", "members and others")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:  # noqa: ARG002
        """Narrow the list."""
        if self.value() not in ("ours", "others"):
            return queryset
        return queryset.filter(owner_id__isnull=self.value() == "ours")


@admin.register(Account)
class AccountAdmin(LedgerAdmin):
    """All accounts by their lines of the chart, with what stands on them."""

    list_display = (
        *("name", "label", "owner", "balance_column", "held_column", "available_column"),
        "is_open",
    )
    list_filter = (KindFilter, OwnerFilter, OpenFilter)
    list_select_related = ("kind", "currency")
    search_fields = ("label",)
    search_help_text = "Number or label of the account, or the id of its owner"
    ordering = ("kind", "id")
    fieldsets = (
        (
            "Account",
            {"fields": (("name", "number"), ("label", "owner"), ("opened_at", "closed_at"))},
        ),
        ("Stands", {"fields": (("stands", "available"), ("held", "floor"), "kept")}),
    )
    readonly_fields = (
        *("name", "number", "owner", "stands", "held", "available", "kept", "floor"),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read kind and currency along."""
        return super().get_queryset(request).select_related("kind", "currency")

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Account],
        search_term: str,
    ) -> tuple[QuerySet[Account], bool]:
        """Find by number, by how the label begins, or by the owner's whole id."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(label__istartswith=term)
        number = words.number(term)
        if number is not None:
            found |= Q(pk=number)
        with suppress(ValueError):
            found |= Q(owner_id=UUID(term))
        return queryset.filter(found), False

    def prepare(self, rows: list[Account]) -> None:
        """Read what stands on all accounts of a page, and whose wallets they are."""
        standings = reading.standings(found.pk for found in rows)
        owners = Wallet.objects.in_bulk(
            [found.owner_id for found in rows if found.owner_id], field_name="party_id"
        )
        for found in rows:
            found.__dict__.update(
                standing=standings[found.pk], wallet=owners.get(found.owner_id or _NOBODY)
            )

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Return the account with what stands on it."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            self.prepare([found])
        return found

    # Columns and fields.

    @display(description="Account", ordering="kind")
    def name(self, found: Account) -> str:
        """Show the line of the chart."""
        return str(found.kind)

    @display(description="Number")
    def number(self, found: Account) -> int:
        """Show the number of the account."""
        return int(found.pk)

    @display(description="Owner")
    def owner(self, found: Account) -> Any:
        """Show whose it is: a member's wallet leads to its page."""
        if found.owner_id is None:
            return "ours"
        wallet = found.__dict__.get("wallet")
        return words.link("wallet", wallet.pk, wallet) if wallet else str(found.owner_id)

    @display(description="Open", boolean=True)
    def is_open(self, found: Account) -> bool:
        """Show whether anything can be posted onto it."""
        return found.closed_at is None

    @display(description="Balance")
    def balance_column(self, found: Account) -> SafeString:
        """Show the balance, with what isn't rolled up yet."""
        return words.column(found.__dict__["standing"].balance, found.currency)

    @display(description="Held")
    def held_column(self, found: Account) -> SafeString:
        """Show what is set aside."""
        return words.column(found.__dict__["standing"].held, found.currency)

    @display(description="Available")
    def available_column(self, found: Account) -> SafeString:
        """Show what can be taken."""
        return words.column(found.__dict__["standing"].available, found.currency)

    @display(description="Balance")
    def stands(self, found: Account) -> str:
        """Show the balance, with what isn't rolled up yet."""
        return words.money(found.__dict__["standing"].balance, found.currency)

    @display(description="Held")
    def held(self, found: Account) -> str:
        """Show what is set aside."""
        return words.money(found.__dict__["standing"].held, found.currency)

    @display(description="Available")
    def available(self, found: Account) -> str:
        """Show what can be taken."""
        return words.money(found.__dict__["standing"].available, found.currency)

    @display(description="Kept")
    def kept(self, found: Account) -> str:
        """Show on which side it grows, and how its balance is kept."""
        how = "rolled up" if found.kind.is_deferred else "locked by each posting"
        return f"grows by {found.kind.get_side_display().lower()}s, {how}"

    @display(description="Floor")
    def floor(self, found: Account) -> str:
        """Show the least that may stand on it."""
        floor = found.kind.floor
        return "none" if floor is None else words.money(floor, found.currency)

    # The statement.

    def tables(self, shown: Account, *, request: HttpRequest) -> Iterator[Table]:
        """Show what is held, and the statement from the newest entry back."""
        holds = _holds(shown)
        if holds.rows:
            yield holds
        cursor = request.GET.get(_CURSOR)
        try:
            page = statements.page(shown.pk, cursor=cursor, size=_ENTRIES)
        except statements.InvalidCursor as error:
            messages.error(request, str(error.message))
            page = statements.page(shown.pk, size=_ENTRIES)
            cursor = None
        yield _statement(shown, page, is_first=cursor is None, request=request)

    def get_urls(self) -> Any:
        """Add the statement as CSV."""
        download = self.admin_site.admin_view(self.download)
        return [
            path("<int:account_id>/statement.csv", download, name="wallets_account_statement"),
            *super().get_urls(),
        ]

    def download(self, request: HttpRequest, account_id: int) -> StreamingHttpResponse:
        """Return the whole statement as CSV, to those who may download it, and note it."""
        if not _may_download(request):
            raise PermissionDenied
        by = actor(request)
        with transaction.atomic():
            found = Account.objects.filter(pk=account_id).first()
            if found is None:
                raise Http404
            audit.record(
                "ledger.statement_downloaded",
                subject=found,
                actor_id=by.id,
                actor=by.name,
                channel="admin",
            )
        answer = StreamingHttpResponse(
            statements.as_csv(account_id), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="statement-{account_id}.csv"'
        return answer


def _may_download(request: HttpRequest) -> bool:
    return request.user.has_perms(["wallets.view_account", "wallets.download_statement"])


def _holds(account: Account) -> Table:
    standing = account.holds.filter(ended_at__isnull=True).order_by("-id")[:LINES_MAX]
    narrowed = urlencode({"account": str(account.pk), "hold": "open"})
    return Table(
        title="Held",
        rows=[
            [
                Cell("Placed", when(hold.placed_at)),
                Cell("Hold", words.link("hold", hold.pk, hold)),
                Cell("For", hold.cause or hold.key),
                Cell("Expires", when(hold.expires_at) or "never"),
                Cell("Still held", words.money(hold.held, account.currency), True),
            ]
            for hold in standing
        ],
        empty="Nothing.",
        ways=[Way("See all", f"{reverse('admin:wallets_hold_changelist')}?{narrowed}")],
    )


def _statement(
    account: Account, page: statements.Page, *, is_first: bool, request: HttpRequest
) -> Table:
    ways = [] if is_first else [Way("Newest entries", request.path)]
    if request.user.has_perm("wallets.propose_manual_journal") and account.closed_at is None:
        address = reverse("admin:wallets_manualjournal_add")
        ways.append(Way("Propose a manual journal", f"{address}?account={account.pk}"))
    if _may_download(request):
        address = reverse("admin:wallets_account_statement", args=[account.pk])
        ways.append(Way("Download as CSV", address))
    older = page.cursor and f"{request.path}?{urlencode({_CURSOR: page.cursor})}"
    return Table(
        title="Statement",
        rows=[
            [
                Cell("Effective", when(entry.effective_at)),
                Cell("Journal", words.link("journal", entry.journal_id, entry.journal_id)),
                Cell("Kind", entry.kind),
                Cell("Cause", entry.cause),
                Cell("Amount", words.money(entry.amount, account.currency), True),
                Cell("Balance", words.money(entry.balance, account.currency), True),
            ]
            for entry in page.entries
        ],
        empty="Nothing was ever posted here.",
        ways=ways,
        older=older,
    )
