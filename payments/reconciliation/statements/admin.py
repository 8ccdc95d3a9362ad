"""Statements in the admin: handing one in, how far it is, its lines, and what a line may be."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.views.decorators.csrf import csrf_protect
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from nannychain.money import display as money
from nannychain.staff import proving
from nannychain.staff.acting import actor
from nannychain.staff.acts import Act, act_page
from nannychain.staff.admin import ReadOnlyAdmin
from payments.reconciliation.statements import selectors, services, words
from payments.reconciliation.statements.kinds import WORDS, Kind
from payments.reconciliation.statements.layout import CONTENT_BYTES_MAX, Refused
from payments.reconciliation.statements.models import StatementFile, StatementLine, Suggestion
from payments.reconciliation.statements.states import State

_HAND_IN = "payments.import_statement"
_FIELDS_BYTES_MAX = 64 * 1024  # of the form around the file
_LOOK_AGAIN_SECONDS = 2


class HandInForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label="Statement",
        max_length=200,
        help_text="As M-Pesa's portal exports it: xlsx or csv, with its thirteen columns.",
        widget=UnfoldAdminFileFieldWidget({"accept": ".xlsx,.csv"}),
    )


@admin.register(StatementFile)
class StatementFileAdmin(ReadOnlyAdmin):
    """All files, the newest first."""

    list_display = (
        *("received_at", "name", "shortcode", "account", "period", "stands", "lines", "still_open"),
    )
    list_filter = ("state", "shortcode", ("received_at", admin.DateFieldListFilter))
    search_fields = ("name", "sha256")
    search_help_text = "Name or SHA-256 of the file"
    ordering = ("-received_at",)
    fieldsets = (
        ("Statement", {"fields": ("now", ("shortcode", "account"), "period", "balances")}),
        ("Lines", {"fields": (("lines", "new_lines"), "by_kind", "noted", "ways")}),
        (
            "File",
            {"fields": (("name", "size_bytes"), "sha256", ("by", "received_at", "reported_at"))},
        ),
    )
    readonly_fields = ("now", "period", "balances", "by_kind", "noted", "ways")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementFile]:
        """Leave the bytes where they are."""
        found: QuerySet[StatementFile] = super().get_queryset(request).defer("content")
        return found

    # Handing in.

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Offer it to whoever may hand in statements."""
        return bool(request.user.has_perm(_HAND_IN))

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Take a file. It may be greater than any other body, so that only this page takes one."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if int(request.META.get("CONTENT_LENGTH") or 0) > CONTENT_BYTES_MAX + _FIELDS_BYTES_MAX:
            words_ = f"The file has more than {CONTENT_BYTES_MAX // 2**20} MB."
            return HttpResponse(words_, status=413, content_type="text/plain")
        # Before the body is read for the token of the form, which is looked at within.
        request.upload_handlers = [TemporaryFileUploadHandler(request)]
        return csrf_protect(self._hand_in)(request)

    add_view.csrf_exempt = True  # type: ignore[attr-defined]

    def _hand_in(self, request: HttpRequest) -> HttpResponse:
        if to_confirm := proving.missing(request, back=request.path):
            return to_confirm
        form = HandInForm(request.POST, request.FILES) if request.method == "POST" else HandInForm()
        if form.is_valid():
            given = form.cleaned_data["file"]
            try:
                file, is_new = services.hand_in(given.read(), name=given.name, by=actor(request))
            except Refused as refused:
                form.add_error("file", refused.reason)
            else:
                told = "It is being read." if is_new else "This file was handed in before."
                messages.success(request, told)
                return HttpResponseRedirect(_page_of(file.pk))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": "Hand in a statement of M-Pesa's",
            "form": form,
        }
        return TemplateResponse(request, "nannychain/upload.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show how it stands; the page looks again by itself until it is finished."""
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        is_under_way = str(object_id) in services.unfinished()
        if request.method == "GET" and is_under_way:
            answer["Refresh"] = str(_LOOK_AGAIN_SECONDS)
        return answer

    # Showing.

    @display(description="State", label=words.COLOURS, ordering="state")
    def stands(self, file: StatementFile) -> str:
        """Show the state in words."""
        return words.STATES[State(file.state)]

    @display(description="Open")
    def still_open(self, file: StatementFile) -> str:
        """Show how many lines no journal is known for."""
        return str(selectors.open_lines(file)) if file.lines else "-"

    @display(description="How it stands")
    def now(self, file: StatementFile) -> str:
        """Show in one sentence how it stands."""
        return words.now(file, still_open=selectors.open_lines(file))

    @display(description="Period")
    def period(self, file: StatementFile) -> str:
        """Show from when to when."""
        return words.period(file)

    @display(description="Balances")
    def balances(self, file: StatementFile) -> str:
        """Show what there was at the beginning and at the end."""
        if file.opening_cents is None or file.closing_cents is None:
            return "-"
        return f"{money(file.opening_cents)} at first, {money(file.closing_cents)} at the end"

    @display(description="By kind")
    def by_kind(self, file: StatementFile) -> str:
        """Show how many lines of each kind there are."""
        counts = [(WORDS[Kind(kind)], number) for kind, number in sorted(file.kinds.items())]
        return format_html_join("", "<div>{}: {}</div>", counts) if counts else "-"

    @display(description="To be known")
    def noted(self, file: StatementFile) -> str:
        """Show gaps and overlaps."""
        return format_html_join("", "<div>{}</div>", [(n,) for n in file.notes]) or "-"

    @display(description="Go on to")
    def ways(self, file: StatementFile) -> str:
        """Show the way to its lines and to the breaks."""
        lines = reverse("admin:payments_statementline_changelist")
        breaks = reverse("admin:payments_break_changelist")
        return format_html(
            '<a class="underline" href="{}?file={}">its lines</a> · '
            '<a class="underline" href="{}">breaks</a>',
            lines,
            file.pk,
            breaks,
        )


class OpenFilter(admin.SimpleListFilter):
    """Lines that no journal is known for."""

    title = "journal"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer both."""
        return [("yes", "none is known"), ("no", "is known")]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[StatementLine],
    ) -> QuerySet[StatementLine]:
        """Narrow the list."""
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(open_item__isnull=self.value() == "no")


@admin.register(StatementLine)
class StatementLineAdmin(ReadOnlyAdmin):
    """All lines, the newest first."""

    list_display = (
        *("completed_at", "receipt", "kind", "amount", "reason_type", "account_number", "is_what"),
    )
    list_filter = ("kind", OpenFilter, "shortcode")
    list_select_related = ("open_item",)
    address_filters = ("file",)
    search_fields = ("receipt", "linked")
    search_help_text = "M-Pesa's receipt"
    ordering = ("-completed_at", "-id")
    fieldsets = (
        ("Line", {"fields": ("is_what", "may_be", ("amount", "balance"), ("receipt", "linked"))}),
        (
            "As M-Pesa tells it",
            {
                "fields": (
                    ("completed_at", "initiated_at"),
                    ("reason_type", "kind"),
                    ("phone", "account_number"),
                    "details",
                    ("file", "number"),
                    ("shortcode", "account"),
                )
            },
        ),
    )
    readonly_fields = ("is_what", "may_be", "amount", "balance")

    def get_urls(self) -> Any:
        """Add the page on which a person confirms what was suggested."""
        own = path(
            "suggestions/<int:suggestion_id>/",
            self.admin_site.admin_view(self.confirm),
            name="payments_statementline_confirm",
        )
        return [own, *super().get_urls()]

    def confirm(self, request: HttpRequest, suggestion_id: int) -> HttpResponse:
        """Take a person's word that a line is the deposit that was suggested."""
        if not request.user.has_perm(_HAND_IN):
            raise PermissionDenied
        found = Suggestion.objects.select_related("line").filter(pk=suggestion_id).first()
        if found is None or not selectors.can_be_confirmed(found):
            raise Http404

        def run(_: Any) -> str:
            services.confirm(found.pk, by=actor(request))
            return reverse("admin:payments_statementline_change", args=[found.line_id])

        act = Act(
            title=f"{found.line.receipt} is {words.subject(found)}",
            button="Confirm",
            permission=_HAND_IN,
            run=run,
            done="Confirmed: its receipt is known now.",
            sentences=(words.why_suggested(found), "No money is moved by it."),
        )
        return act_page(self, request, act)

    # Showing.

    @display(description="Amount", ordering="amount_cents")
    def amount(self, line: StatementLine) -> str:
        """Show how much came in, or went out."""
        return money(line.amount_cents)

    @display(description="Balance after it")
    def balance(self, line: StatementLine) -> str:
        """Show what was there after it."""
        return money(line.balance_cents)

    @display(description="In our books")
    def is_what(self, line: StatementLine) -> str:
        """Show which journal it is, by which rule."""
        rows = [
            (
                reverse("admin:wallets_journal_change", args=[match.journal_id]),
                match.journal_id,
                match.get_rule_display(),
                match.by,
            )
            for match in selectors.matches(line)
        ]
        if not rows:
            return "no journal is known" if hasattr(line, "open_item") else "-"
        link = '<div><a class="underline" href="{}">journal {}</a>: {}, by {}</div>'
        return format_html_join("", link, rows)

    @display(description="May be")
    def may_be(self, line: StatementLine) -> str:
        """Show what is suggested, and the way to decide about it."""
        rows = [
            (words.subject(each), reverse(f"admin:{name}", args=[key]), text)
            for each in selectors.suggestions(line)
            for name, key, text in [selectors.way(each)]
        ]
        link = '<div>{}: <a class="underline" href="{}">{}</a></div>'
        return format_html_join("", link, rows) if rows else "-"


def _page_of(file_id: UUID) -> str:
    return reverse("admin:payments_statementfile_change", args=[file_id])
