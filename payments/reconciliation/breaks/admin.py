"""Breaks in the admin: class, age, likely cause, and the button that resolves each."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from unfold.decorators import action, display

from nannychain.approvals.asking import ask_page
from nannychain.staff.acting import Actor, actor
from nannychain.staff.acts import Act, act_page
from nannychain.staff.downloads import Downloads, shillings
from nannychain.staff.downloads import when as cell
from nannychain.staff.forms import ReasonForm
from payments.paybill.selectors import AGES
from payments.reconciliation.breaks import review, selectors, services, words
from payments.reconciliation.breaks.forms import OwnerForm, amount_form
from payments.reconciliation.breaks.models import Break
from payments.reconciliation.breaks.states import UNSETTLED, State
from wallets.ledger.admin.pages import LedgerAdmin
from wallets.ledger.tables import Cell, Table, when

_CHANGE = "payments.change_break"
_CAN = {
    review.WRITE_OFF.code: review.can_be_written_off,
    review.SETTLE.code: review.can_be_settled,
}


class StateFilter(admin.SimpleListFilter):
    """Breaks by state; without a choice, those that are not closed."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer every state, and all."""
        return [*((str(state), text) for state, text in words.STATES.items()), ("all", "all")]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Break],
    ) -> QuerySet[Break]:
        """Narrow the list."""
        if self.value() == "all":
            return queryset
        if self.value() in words.STATES:
            return queryset.filter(state=self.value())
        return queryset.filter(state__in=UNSETTLED)


class AgeFilter(admin.SimpleListFilter):
    """Breaks by class of age."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer the classes of a report."""
        return [(str(number), text) for number, text in enumerate(selectors.BUCKETS)]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Break],
    ) -> QuerySet[Break]:
        """Narrow the list."""
        places = [str(number) for number in range(len(selectors.BUCKETS))]
        if self.value() not in places:
            return queryset
        now, place = timezone.now(), places.index(str(self.value()))
        if place > 0:
            queryset = queryset.filter(since__lt=now - AGES[place - 1][0])
        if place < len(AGES):
            queryset = queryset.filter(since__gte=now - AGES[place][0])
        return queryset


class OwnerFilter(admin.SimpleListFilter):
    """Mine, or nobody's."""

    title = "owner"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer both."""
        return [("mine", "mine"), ("nobody", "nobody's")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Break]) -> QuerySet[Break]:
        """Narrow the list."""
        if self.value() == "mine":
            return queryset.filter(owner_id=request.user.pk)
        return queryset.filter(owner_id__isnull=True) if self.value() == "nobody" else queryset


@admin.register(Break)
class BreakAdmin(Downloads, LedgerAdmin):
    """What is not settled, the oldest first."""

    list_display = ("what", "difference", "state_in_words", "age", "cause", "resolve", "owned_by")
    list_filter = (StateFilter, AgeFilter, OwnerFilter, "kind")
    search_fields = ("reference", "subject", "account")
    search_help_text = "Receipt, account or subject"
    ordering = ("since", "id")
    actions = ("take",)
    download_header = (
        *("id", "since", "class", "subject", "account", "reference", "difference", "state"),
        *("likely cause", "found by"),
    )
    fieldsets = (
        ("Difference", {"fields": ("now", ("state_in_words", "resolve"), "cause", "acts")}),
        (
            "Where",
            {
                "fields": (
                    ("account", "ledger_account"),
                    ("reference", "source"),
                    ("since", "first_seen_at", "last_seen_at"),
                    "told",
                )
            },
        ),
        ("Who", {"fields": (("owned_by", "due_at"), "explanation", ("closed_as", "closed_at"))}),
    )
    readonly_fields = ("now", "state_in_words", "resolve", "acts", "told", "owned_by")

    def download_rows(self, page: list[Break]) -> Iterator[tuple[object, ...]]:
        """Yield a line of CSV for each."""
        for item in page:
            yield (
                item.pk,
                cell(item.since),
                item.get_kind_display(),
                item.subject,
                item.account,
                item.reference,
                shillings(item.amount_cents),
                words.STATES[State(item.state)],
                item.cause,
                item.source,
            )

    # Acts.

    def get_urls(self) -> Any:
        """Add a page for each act."""
        own: tuple[tuple[str, Callable[..., HttpResponse], dict[str, str]], ...] = (
            ("assign", self.assign, {}),
            ("explain", self.explain, {}),
            ("write-off", self.ask, {"kind": review.WRITE_OFF.code}),
            ("settle", self.ask, {"kind": review.SETTLE.code}),
        )
        pages = [
            path(
                f"<uuid:break_id>/{name}/",
                self.admin_site.admin_view(view),
                given,
                name=f"payments_break_{name}",
            )
            for name, view, given in own
        ]
        return [*pages, *super().get_urls()]

    def assign(self, request: HttpRequest, break_id: UUID) -> HttpResponse:
        """Give it to a member of staff."""
        item = self._unsettled(request, break_id)

        def run(cleaned: Mapping[str, Any]) -> str:
            owner = cleaned["owner"]
            to = Actor(id=owner.pk, name=str(owner))
            services.assign(item.pk, to=to, by=actor(request))
            return self._address(item)

        act = Act(
            title=f"Give to somebody: {item}",
            button="Give it",
            permission=_CHANGE,
            run=run,
            done="Given.",
            form=OwnerForm,
        )
        return act_page(self, request, act)

    def explain(self, request: HttpRequest, break_id: UUID) -> HttpResponse:
        """Note why it is there."""
        item = self._unsettled(request, break_id)

        def run(cleaned: Mapping[str, Any]) -> str:
            services.explain(item.pk, reason=cleaned["reason"], by=actor(request))
            return self._address(item)

        act = Act(
            title=f"Explain: {item}",
            button="Explain it",
            permission=_CHANGE,
            run=run,
            done="Explained. It closes by itself when it is over.",
            sentences=(words.now(item, at=timezone.now()),),
            form=ReasonForm,
        )
        return act_page(self, request, act)

    def ask(self, request: HttpRequest, break_id: UUID, *, kind: str) -> HttpResponse:
        """Ask another member of staff for a decision."""
        item = self._unsettled(request, break_id)
        if not _CAN[kind](item):
            raise Http404
        sentences = (words.now(item, at=timezone.now()), f"Likely: {item.cause}.")
        return ask_page(
            self, request, kind=kind, subject=item, sentences=sentences, form=amount_form(item)
        )

    def has_take_permission(self, request: HttpRequest) -> bool:
        """Allow those who may see to breaks."""
        return bool(request.user.has_perm(_CHANGE))

    @action(description="I see to these", permissions=["take"])
    def take(self, request: HttpRequest, queryset: QuerySet[Break]) -> None:
        """Give them to whoever asks."""
        by = actor(request)
        for item in queryset.filter(state__in=UNSETTLED):
            services.assign(item.pk, to=by, by=by)
        self.message_user(request, "They are yours.")

    # Showing.

    def tables(self, shown: Break, *, request: HttpRequest) -> Iterator[Table]:  # noqa: ARG002
        """Show what happened to it, the newest last."""
        rows = [
            [
                Cell("When", when(event.at)),
                Cell("What", event.get_what_display()),
                Cell("Who", event.by),
                Cell("Why", event.words),
                Cell("Amount", words.amount_of(event.amount_cents), True),
            ]
            for event in shown.events.order_by("pk")
        ]
        yield Table("History", rows, "Nothing happened yet.")

    @display(description="Break", ordering="kind")
    def what(self, item: Break) -> str:
        """Show class, and what it is about."""
        return str(item)

    @display(description="Difference", ordering="amount_cents")
    def difference(self, item: Break) -> str:
        """Show what the other side has more or less."""
        return words.amount_of(item.amount_cents)

    @display(description="State", label=words.COLOURS, ordering="state")
    def state_in_words(self, item: Break) -> str:
        """Show the state."""
        return words.STATES[State(item.state)]

    @display(description="Age", ordering="since")
    def age(self, item: Break) -> str:
        """Show the class of age."""
        return "-" if item.closed_at else selectors.bucket_of(item, at=timezone.now())

    @display(description="What resolves it")
    def resolve(self, item: Break) -> Any:
        """Show the way to the page where it is resolved."""
        return words.button(item)

    @display(description="Owner", ordering="owner")
    def owned_by(self, item: Break) -> str:
        """Show who sees to it."""
        return item.owner or "nobody"

    @display(description="How it stands")
    def now(self, item: Break) -> str:
        """Show in one sentence what it is."""
        return words.now(item, at=timezone.now())

    @display(description="Told")
    def told(self, item: Break) -> str:
        """Show what the check has noted."""
        return format_html_join("", "<div>{}: {}</div>", item.details.items()) or "-"

    def get_fieldsets(self, request: HttpRequest, obj: Break | None = None) -> Any:
        """Offer what can be done to who may do it, while there is something to be done."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None and obj.state in UNSETTLED and request.user.has_perm(_CHANGE):
            return fieldsets
        (title, options), *others = fieldsets
        shown = tuple(field for field in options["fields"] if field != "acts")
        return [(title, {**options, "fields": shown}), *others]

    @display(description="Do")
    def acts(self, item: Break) -> str:
        """Show what can be done here."""
        ways = [("assign", "Give to somebody"), ("explain", "Explain")]
        if review.can_be_written_off(item):
            ways.append(("write-off", "Write off, by two"))
        if review.can_be_settled(item):
            ways.append(("settle", "Settle, by two"))
        links = (
            (words.LINK, reverse(f"admin:payments_break_{name}", args=[item.pk]), text)
            for name, text in ways
        )
        return format_html_join(" · ", '<a class="{}" href="{}">{}</a>', links)

    def _unsettled(self, request: HttpRequest, break_id: UUID) -> Break:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Break.objects.select_related("ledger_account").filter(state__in=UNSETTLED)
        item = rows.filter(pk=break_id).first()
        if item is None:
            raise Http404
        return item

    def _address(self, item: Break) -> str:
        return reverse("admin:payments_break_change", args=[item.pk])
