"""Journals in the admin, to read, with a way to propose their reversal."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from nannychain.staff.downloads import Downloads
from nannychain.staff.downloads import when as cell
from wallets.ledger import words
from wallets.ledger.admin.pages import LedgerAdmin
from wallets.ledger.manual.models import ManualJournal
from wallets.ledger.manual.states import State
from wallets.ledger.models import Journal, JournalKind, Posting
from wallets.ledger.recipes import REVERSAL
from wallets.ledger.statements import decimal_text
from wallets.ledger.tables import Cell, Table, Way, when


class KindFilter(admin.SimpleListFilter):
    """Journals by kind."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer every kind."""
        codes = JournalKind.objects.order_by("code").values_list("code", flat=True)
        return [(code, code) for code in codes]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Journal]) -> QuerySet[Journal]:  # noqa: ARG002
        """Narrow the list."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Journal)
class JournalAdmin(Downloads, LedgerAdmin):
    """All journals, the newest first."""

    list_display = ("id", "kind", "key_text", "effective_at", "recorded_at", "moved_column", "note")
    list_filter = (KindFilter,)
    search_fields = ("key",)
    search_help_text = "Number of the journal, or how its key begins"
    ordering = ("-id",)
    fields = (
        ("id", "kind"),
        ("key_text", "cause"),
        ("effective_at", "recorded_at"),
        ("moved", "reversal"),
    )
    readonly_fields = ("id", "key_text", "moved", "reversal")

    # As CSV: a line for each leg.

    download_header = (
        *("journal", "kind", "key", "cause", "effective", "recorded", "reverses", "account"),
        *("debit", "credit", "currency"),
    )

    def download_rows(self, page: list[Journal]) -> Iterator[tuple[object, ...]]:
        """Yield a line for each leg of each journal."""
        by_id = {journal.pk: journal for journal in page}
        legs = Posting.objects.filter(journal_id__in=by_id).select_related(
            "account__kind", "account__currency"
        )
        for leg in legs.order_by("-journal_id", "-amount"):
            journal, account = by_id[leg.journal_id], leg.account
            amount = decimal_text(abs(leg.amount), scale=account.currency.scale)
            yield (
                journal.pk,
                journal.kind,
                journal.key,
                journal.cause,
                cell(journal.effective_at),
                cell(journal.recorded_at),
                journal.reverses_id,
                words.account(account),
                amount if leg.amount > 0 else "",
                amount if leg.amount < 0 else "",
                account.currency_id,
            )

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Journal],
        search_term: str,
    ) -> tuple[QuerySet[Journal], bool]:
        """Find by how the key begins, or by number."""
        term = search_term.strip()
        found = queryset.filter(key__startswith=term) if term else queryset
        number = words.number(term)
        return found | queryset.filter(pk=number) if number is not None else found, False

    def prepare(self, rows: list[Journal]) -> None:
        """Read what was moved and what was reversed, for a whole page."""
        keys = [journal.pk for journal in rows]
        moved, reversals = words.moved(keys), words.reversed_by(keys)
        for journal in rows:
            journal.__dict__.update(
                told_moved=moved.get(journal.pk, ""), told_reversal=reversals.get(journal.pk)
            )

    @display(description="Key", ordering="key")
    def key_text(self, journal: Journal) -> SafeString:
        """Show the key, which may be broken where a line ends."""
        return words.key(journal.key)

    @display(description="Moved")
    def moved_column(self, journal: Journal) -> SafeString:
        """Show the sum of its debits."""
        return words.amount(journal.__dict__["told_moved"])

    @display(description="Moved")
    def moved(self, journal: Journal) -> str:
        """Show the sum of its debits."""
        return words.moved([journal.pk]).get(journal.pk, "-")

    @display(description="Reversal", label={"reversed": "warning", "reversal": "info"})
    def note(self, journal: Journal) -> str | None:
        """Show whether it was reversed, or reverses another."""
        if journal.reverses_id is not None:
            return "reversal"
        return "reversed" if journal.__dict__["told_reversal"] else None

    @display(description="Reversal")
    def reversal(self, journal: Journal) -> Any:
        """Show what it reverses, or what reverses it, with a way there."""
        if journal.reverses_id is not None:
            return words.link("journal", journal.reverses_id, f"reverses {journal.reverses_id}")
        found = words.reversed_by([journal.pk]).get(journal.pk)
        return words.link("journal", found, f"reversed by {found}") if found else "-"

    def tables(self, shown: Journal, *, request: HttpRequest) -> Iterator[Table]:
        """Show the postings and the holds that were captured."""
        yield Table(
            title="Postings",
            rows=[list(row) for row in _postings(shown)],
            empty="None.",
            ways=list(_ways(shown, request=request)),
        )
        captures = shown.captures.select_related("hold__account__currency").order_by("id")
        if captures:
            yield Table(
                title="Captured holds",
                rows=[
                    [
                        Cell("Hold", words.link("hold", capture.hold_id, capture.hold)),
                        Cell("Key", capture.hold.key),
                        Cell(
                            "Amount",
                            words.money(capture.amount, capture.hold.account.currency),
                            True,
                        ),
                    ]
                    for capture in captures
                ],
                empty="None.",
            )


def _postings(journal: Journal) -> Iterator[tuple[Cell, ...]]:
    postings = journal.postings.select_related("account__kind", "account__currency")
    # As in any journal: what is debited first.
    for posting in sorted(postings, key=lambda each: (each.amount < 0, each.account_id)):
        found, currency = posting.account, posting.account.currency
        after = posting.balance_after
        told = "" if after is None else words.money(found.kind.side * after, currency)
        yield (
            Cell("Account", words.account_link(found)),
            *words.two_sides(posting.amount, currency),
            Cell("Balance after", told, True),
            Cell("Its posting", "" if posting.version is None else f"{posting.version:,}", True),
        )


def _ways(journal: Journal, *, request: HttpRequest) -> Iterator[Way]:
    open_proposal = ManualJournal.objects.filter(reverses=journal, state=State.PROPOSED).first()
    if open_proposal is not None:
        address = reverse("admin:wallets_manualjournal_change", args=[open_proposal.pk])
        yield Way(f"Its reversal is proposed, {when(open_proposal.proposed_at)}", address)
        return
    may = request.user.has_perm("wallets.propose_manual_journal")
    if may and journal.kind != REVERSAL and not words.reversed_by([journal.pk]):
        address = reverse("admin:wallets_manualjournal_reverse", args=[journal.pk])
        yield Way("Propose its reversal", address)
