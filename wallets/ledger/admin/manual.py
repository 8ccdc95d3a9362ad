"""Manual journals in the admin: one member of staff proposes, another decides."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST
from unfold.decorators import display

from nannychain.errors import Forbidden, NannyChainError, NotFound
from nannychain.staff import proving
from nannychain.staff.acting import actor
from wallets.ledger import reading, words
from wallets.ledger.admin.pages import LedgerAdmin
from wallets.ledger.manual import services
from wallets.ledger.manual.forms import ACCOUNTS_ID, LINES, Legs, ProposalForm, ReasonForm
from wallets.ledger.manual.models import ManualJournal
from wallets.ledger.manual.states import State
from wallets.ledger.models import Account, Journal
from wallets.ledger.recipes import Leg
from wallets.ledger.tables import Cell, Table

_PROPOSE, _APPROVE = "wallets.propose_manual_journal", "wallets.approve_manual_journal"
_WORDS = {
    State.PROPOSED: "waits for a second person",
    State.POSTED: "posted",
    State.REJECTED: "rejected",
    State.WITHDRAWN: "withdrawn",
}
_COLOURS = {
    _WORDS[State.PROPOSED]: "warning",
    _WORDS[State.POSTED]: "success",
    _WORDS[State.REJECTED]: "danger",
    _WORDS[State.WITHDRAWN]: "info",
}
_Decide = Callable[..., ManualJournal]
_DECISIONS: dict[str, tuple[str, _Decide, str]] = {
    "approve": (_APPROVE, services.approve, "Posted."),
    "reject": (_APPROVE, services.reject, "Rejected."),
    "withdraw": (_PROPOSE, services.withdraw, "Withdrawn."),
}


class StateFilter(admin.SimpleListFilter):
    """Manual journals by state, in words."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer every state."""
        return [(str(state), text) for state, text in _WORDS.items()]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[ManualJournal],
    ) -> QuerySet[ManualJournal]:
        """Narrow the list."""
        return queryset.filter(state=self.value()) if self.value() in _WORDS else queryset


@admin.register(ManualJournal)
class ManualJournalAdmin(LedgerAdmin):
    """All proposals, the newest first."""

    list_display = ("proposed_at", "state_in_words", "what", "reason", "proposer", "decider")
    list_filter = (StateFilter,)
    ordering = ("-proposed_at",)
    fieldsets = (
        (
            "Proposal",
            {
                "fields": (
                    ("state_in_words", "what"),
                    ("effective_at", "reason"),
                    ("proposer", "proposed_at"),
                )
            },
        ),
        ("Decision", {"fields": (("decider", "decided_at"), ("decision_reason", "booked"))}),
    )
    readonly_fields = ("state_in_words", "what", "booked")
    change_form_outer_after_template = "wallets/manual_journal.html"

    # Who may.

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Allow those who may propose."""
        return bool(request.user.has_perm(_PROPOSE))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow those who have a part in it, too."""
        may = super().has_view_permission(request, obj)
        return bool(may or request.user.has_perm(_PROPOSE) or request.user.has_perm(_APPROVE))

    # Showing.

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the decision out as long as there is none."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets[:1] if obj is not None and obj.state == State.PROPOSED else fieldsets

    @display(description="State", label=_COLOURS, ordering="state")
    def state_in_words(self, proposal: ManualJournal) -> str:
        """Show the state in words."""
        return _WORDS[State(proposal.state)]

    @display(description="What")
    def what(self, proposal: ManualJournal) -> Any:
        """Show what is to be booked."""
        if proposal.reverses_id is None:
            return f"{len(proposal.stored_legs or ())} legs"
        return words.link("journal", proposal.reverses_id, f"reversal of {proposal.reverses_id}")

    @display(description="Journal")
    def booked(self, proposal: ManualJournal) -> Any:
        """Show the journal that it has become, with a way there."""
        key = proposal.journal_id
        return "-" if key is None else words.link("journal", key, key)

    def tables(self, shown: ManualJournal, *, request: HttpRequest) -> Iterator[Table]:  # noqa: ARG002
        """Show the legs, and while nobody has decided, what would stand after them."""
        yield _legs_table(_legs(shown), is_open=shown.state == State.PROPOSED)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Put the decision under the legs."""
        proposal = self.get_object(request, object_id) if object_id else None
        context = self._deciding(request, proposal) if proposal else {}
        context.update(extra_context or {})
        return super().changeform_view(request, object_id, form_url, context)

    def _deciding(self, request: HttpRequest, proposal: ManualJournal) -> dict[str, Any]:
        """Return which decisions this person can take, and the form for the reason."""
        is_own = actor(request).id == proposal.proposed_by
        offered = ("withdraw",) if is_own else ("approve", "reject")
        may = [each for each in offered if request.user.has_perm(_DECISIONS[each][0])]
        is_open = proposal.state == State.PROPOSED
        return {
            "decisions": may if is_open else [],
            "is_own": is_own and is_open,
            "decide_address": reverse("admin:wallets_manualjournal_decide", args=[proposal.pk]),
            "reason_form": ReasonForm(),
        }

    # Writing, by services.

    def get_urls(self) -> Any:
        """Add the form for a reversal, and the decision."""
        view = self.admin_site.admin_view
        decide = require_POST(view(self.decide))
        return [
            path(
                "reverse/<int:journal_id>/",
                view(self.propose_reversal),
                name="wallets_manualjournal_reverse",
            ),
            path("<uuid:proposal_id>/decide/", decide, name="wallets_manualjournal_decide"),
            *super().get_urls(),
        ]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Show the form for a journal, and propose what is sent."""
        self._require(request, _PROPOSE)
        is_growing = "more" in request.POST
        if request.method == "POST" and not is_growing:
            form, legs = ProposalForm(request.POST), Legs(request.POST, prefix="legs")
            if form.is_valid() & legs.is_valid():
                answer = self._propose(request, form, legs.legs)
                if answer is not None:
                    return answer
        else:
            form, legs = _unsent(request, is_growing=is_growing)
        ours = Account.objects.filter(owner_id__isnull=True, closed_at__isnull=True)
        context = {
            "title": "Propose a manual journal",
            "form": form,
            "legs": legs,
            "is_growing": is_growing,
            "own_accounts": ours.select_related("kind").order_by("kind", "label"),
            "own_accounts_id": ACCOUNTS_ID,
        }
        return self._page(request, "wallets/propose_journal.html", context)

    def _propose(
        self, request: HttpRequest, form: ProposalForm, legs: list[Leg]
    ) -> HttpResponse | None:
        by, cleaned = actor(request), form.cleaned_data
        try:
            proposal = services.propose(
                legs,
                effective_at=cleaned["effective_at"],
                reason=cleaned["reason"],
                proposal_id=cleaned["number"],
                by=by.id,
                name=by.name,
            )
        except services.AlreadyProposed as error:
            messages.warning(request, str(error.message))
            return HttpResponseRedirect(reverse("admin:wallets_manualjournal_changelist"))
        except NannyChainError as error:
            form.add_error(None, words.refusal(error))
            return None
        messages.success(request, "Proposed. Somebody else has to decide about it.")
        return HttpResponseRedirect(_address(proposal.pk))

    def propose_reversal(self, request: HttpRequest, journal_id: int) -> HttpResponse:
        """Show what a reversal would book, and propose it with the reason that is sent."""
        self._require(request, _PROPOSE)
        journal = Journal.objects.filter(pk=min(journal_id, 2**63 - 1)).first()
        if journal is None:
            raise Http404
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            by, reason = actor(request), form.cleaned_data["reason"]
            try:
                proposal = services.propose_reversal(
                    journal.pk, reason=reason, by=by.id, name=by.name
                )
            except NannyChainError as error:
                form.add_error(None, words.refusal(error))
            else:
                messages.success(request, "Proposed. Somebody else has to decide about it.")
                return HttpResponseRedirect(_address(proposal.pk))
        context = {
            "title": f"Propose the reversal of journal {journal.pk}",
            "form": form,
            "tables": [_legs_table(_mirrored(journal), is_open=True)],
        }
        return self._page(request, "wallets/propose_reversal.html", context)

    def decide(self, request: HttpRequest, proposal_id: UUID) -> HttpResponse:
        """Approve, reject or withdraw, with the reason that is sent."""
        name = request.POST.get("decision", "")
        if name not in _DECISIONS:
            raise Http404
        permission, act, done = _DECISIONS[name]
        self._require(request, permission)
        if name == "approve" and (
            to_confirm := proving.missing(request, back=_address(proposal_id))
        ):
            return to_confirm
        form, by, status = ReasonForm(request.POST), actor(request), 200
        if form.is_valid():
            try:
                act(proposal_id, reason=form.cleaned_data["reason"], by=by.id, name=by.name)
            except NotFound:
                raise Http404 from None
            except NannyChainError as error:
                form.add_error(None, words.refusal(error))
                status = 403 if isinstance(error, Forbidden) else 200
            else:
                messages.success(request, done)
                return HttpResponseRedirect(_address(proposal_id))
        answer = self._undecided(request, proposal_id, form)
        answer.status_code = status
        return answer

    def _undecided(self, request: HttpRequest, proposal_id: UUID, form: ReasonForm) -> HttpResponse:
        """Show the proposal again, with what hindered the decision and the reason as it was."""
        proposal = ManualJournal.objects.filter(pk=proposal_id).first()
        if proposal is None:
            raise Http404
        context = {
            **self._deciding(request, proposal),
            "title": str(proposal),
            "proposal": proposal,
            "tables": list(self.tables(proposal, request=request)),
            "reason_form": form,
        }
        return self._page(request, "wallets/decide_journal.html", context)

    def _page(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> TemplateResponse:
        common = self.admin_site.each_context(request)
        own = {"opts": self.opts, "media": self.media}
        return TemplateResponse(request, template, {**common, **own, **context})

    def _require(self, request: HttpRequest, permission: str) -> None:
        if not request.user.has_perm(permission):
            raise PermissionDenied


def _unsent(request: HttpRequest, *, is_growing: bool) -> tuple[ProposalForm, Any]:
    """Return an empty form, or with `is_growing` what was typed so far, and more lines."""
    if not is_growing:
        account = words.number(request.GET.get("account", ""))
        first = [{"account": account}] if account is not None else []
        return ProposalForm(), Legs(prefix="legs", initial=first)
    data = request.POST.copy()
    lines = words.number(data.get("legs-TOTAL_FORMS", "")) or 0
    data["legs-TOTAL_FORMS"] = str(min(lines + LINES, services.LEGS_MAX))
    return ProposalForm(data), Legs(data, prefix="legs")


def _address(proposal_id: UUID) -> str:
    return reverse("admin:wallets_manualjournal_change", args=[proposal_id])


def _legs(proposal: ManualJournal) -> list[Leg]:
    if proposal.reverses is None:
        return list(proposal.legs)
    return _mirrored(proposal.reverses)


def _mirrored(journal: Journal) -> list[Leg]:
    return [
        Leg(account_id, -amount)
        for account_id, amount in journal.postings.values_list("account_id", "amount")
    ]


def _legs_table(legs: list[Leg], *, is_open: bool) -> Table:
    """Return the legs, debits first, and what would stand after them."""
    keys = [leg.account_id for leg in legs]
    accounts = Account.objects.select_related("kind", "currency").in_bulk(keys)
    standings = reading.standings(keys) if is_open else {}
    rows = []
    for leg in sorted(legs, key=lambda each: (each.amount < 0, each.account_id)):
        found = accounts[leg.account_id]
        cells = [
            Cell("Account", words.account_link(found)),
            *words.two_sides(leg.amount, found.currency),
        ]
        if is_open:
            now = standings[leg.account_id].balance
            after = now + found.kind.side * leg.amount
            cells.append(Cell("Balance now", words.money(now, found.currency), True))
            is_below = found.kind.floor is not None and after < found.kind.floor
            cells.append(Cell("Would be", words.money(after, found.currency), True, is_below))
        rows.append(cells)
    return Table(title="What is to be booked" if is_open else "Legs", rows=rows, empty="Nothing.")
