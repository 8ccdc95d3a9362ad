"""Requests for approval in the admin: to read, and to decide about, or to take back."""

from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.decorators import display

from nannychain.approvals import kinds, services
from nannychain.approvals.asking import address
from nannychain.approvals.models import ApprovalRequest
from nannychain.approvals.states import State
from nannychain.errors import Forbidden, NannyChainError, NotFound
from nannychain.staff import proving
from nannychain.staff.acting import actor
from nannychain.staff.admin import ReadOnlyAdmin
from nannychain.staff.forms import ReasonForm

_VIEW_ALL = "nannychain.view_approvalrequest"
_WORDS = {
    State.ASKED: "waits for a second person",
    State.APPROVED: "approved and done",
    State.REFUSED: "refused",
    State.WITHDRAWN: "withdrawn",
    State.EXPIRED: "out of time",
}
_COLOURS = {
    _WORDS[State.ASKED]: "warning",
    _WORDS[State.APPROVED]: "success",
    _WORDS[State.REFUSED]: "danger",
    _WORDS[State.WITHDRAWN]: "info",
    _WORDS[State.EXPIRED]: "info",
}
_DONE = {"approve": "Approved, and done.", "refuse": "Refused.", "withdraw": "Withdrawn."}


class StateFilter(admin.SimpleListFilter):
    """Requests by state, in words."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer every state."""
        return [(str(state), text) for state, text in _WORDS.items()]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[ApprovalRequest],
    ) -> QuerySet[ApprovalRequest]:
        """Narrow the list."""
        return queryset.filter(state=self.value()) if self.value() in _WORDS else queryset


class DecideFilter(admin.SimpleListFilter):
    """Requests that wait for this very person."""

    title = "decision"
    parameter_name = "decision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer those that one may decide about."""
        return [("mine", "waits for me")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ApprovalRequest]
    ) -> QuerySet[ApprovalRequest]:
        """Narrow the list."""
        return queryset & for_me(request) if self.value() == "mine" else queryset


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnlyAdmin):
    """The newest first. Who may not see all sees the kinds in which one has a part."""

    list_display = ("asked_at", "state_in_words", "what", "about", "reason", "asker", "decider")
    list_filter = (StateFilter, DecideFilter)
    address_filters = ("subject_type", "subject_id", "kind")
    ordering = ("-id",)
    fieldsets = (
        (
            "Asked for",
            {
                "fields": (
                    ("state_in_words", "what"),
                    ("about", "details"),
                    "reason",
                    ("asker", "asked_at"),
                    "expires_at",
                )
            },
        ),
        ("Decision", {"fields": (("decider", "decided_at"), "decision_reason")}),
    )
    readonly_fields = ("state_in_words", "what", "about", "details")
    change_form_outer_after_template = "nannychain/decision.html"

    # Who may see.

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow those who may see all, and those who have a part in it."""
        if obj is None:
            return may_see(request)
        is_own = obj.asked_by == request.user.pk
        may = request.user.has_perm(_VIEW_ALL) or is_own or obj.kind in _kinds_of(request)
        return bool(may)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the list to those who may see any."""
        return may_see(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApprovalRequest]:
        """Leave out what this person has no part in."""
        requests: QuerySet[ApprovalRequest] = super().get_queryset(request)
        if request.user.has_perm(_VIEW_ALL):
            return requests
        return requests.filter(Q(kind__in=_kinds_of(request)) | Q(asked_by=request.user.pk))

    # Showing.

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the decision out as long as there is none."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets[:1] if obj is not None and obj.state == State.ASKED else fieldsets

    @display(description="State", label=_COLOURS, ordering="state")
    def state_in_words(self, asked: ApprovalRequest) -> str:
        """Show the state in words."""
        return _WORDS[State(asked.state)]

    @display(description="What", ordering="kind")
    def what(self, asked: ApprovalRequest) -> str:
        """Show what is asked for."""
        try:
            return kinds.find(asked.kind).words.capitalize()
        except kinds.UnknownKind:
            return asked.kind

    @display(description="About")
    def about(self, asked: ApprovalRequest) -> Any:
        """Show whom or what it is about, with a way there."""
        name = _name_of(asked)
        try:
            page = asked.subject_type.replace(".", "_")
            there = reverse(f"admin:{page}_change", args=[asked.subject_id])
        except NoReverseMatch:
            return name
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', there, name
        )

    @display(description="Details")
    def details(self, asked: ApprovalRequest) -> str:
        """Show how it is to be done."""
        return ", ".join(f"{name}: {value}" for name, value in asked.payload.items()) or "-"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Put the decision under what is asked."""
        asked = self.get_object(request, object_id) if object_id else None
        context = _deciding(request, asked) if asked else {}
        context.update(extra_context or {})
        return super().changeform_view(request, object_id, form_url, context)

    # Writing, by services.

    def get_urls(self) -> Any:
        """Add the decision."""
        decide = require_POST(self.admin_site.admin_view(self.decide))
        own = path("<uuid:request_id>/decide/", decide, name="nannychain_approvalrequest_decide")
        return [own, *super().get_urls()]

    def decide(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        """Approve, refuse or withdraw, with the reason that is sent."""
        asked = self.get_object(request, str(request_id))
        decision = request.POST.get("decision", "")
        if asked is None or decision not in _DONE:
            raise Http404
        if decision != "withdraw" and not _may_decide(request, asked):
            raise PermissionDenied
        if decision == "approve" and (
            to_confirm := proving.missing(request, back=address(asked.pk))
        ):
            return to_confirm
        form, status = ReasonForm(request.POST), 200
        if form.is_valid():
            try:
                _act(decision, asked, request=request, reason=form.cleaned_data["reason"])
            except NotFound as error:
                form.add_error(None, str(error.message))
            except NannyChainError as error:
                form.add_error(None, str(error.message))
                status = 403 if isinstance(error, Forbidden) else 200
            else:
                messages.success(request, _DONE[decision])
                return HttpResponseRedirect(address(asked.pk))
        context = {
            **self.admin_site.each_context(request),
            **_deciding(request, asked),
            "opts": self.opts,
            "media": self.media,
            "title": f"{self.what(asked)}: {_name_of(asked)}",
            "asked": asked,
            "reason_form": form,
        }
        return TemplateResponse(request, "nannychain/undecided.html", context, status=status)


def may_see(request: HttpRequest) -> bool:
    """Tell whether this person may see any requests; the side bar asks, too."""
    return bool(request.user.has_perm(_VIEW_ALL) or _kinds_of(request))


def for_me(request: HttpRequest) -> QuerySet[ApprovalRequest]:
    """Return the open requests about which this person may decide: never her own."""
    kinds_to_decide = [
        kind.code for kind in kinds.registered() if request.user.has_perm(kind.permission)
    ]
    waiting = ApprovalRequest.objects.filter(state=State.ASKED, kind__in=kinds_to_decide)
    return waiting.exclude(asked_by=actor(request).id)


def _act(decision: str, asked: ApprovalRequest, *, request: HttpRequest, reason: str) -> None:
    by = actor(request)
    if decision == "withdraw":
        services.withdraw(asked.pk, by=by, reason=reason)
    else:
        services.decide(asked.pk, by=by, approve=decision == "approve", reason=reason)


def _kinds_of(request: HttpRequest) -> set[str]:
    """Return the kinds that this person may ask for or decide about."""
    return {
        kind.code
        for kind in kinds.registered()
        if request.user.has_perm(kind.permission) or request.user.has_perm(kind.asking_permission)
    }


def _may_decide(request: HttpRequest, asked: ApprovalRequest) -> bool:
    try:
        return bool(request.user.has_perm(kinds.find(asked.kind).permission))
    except kinds.UnknownKind:
        return False


def _deciding(request: HttpRequest, asked: ApprovalRequest) -> dict[str, Any]:
    """Return which decisions this person can take, and the form for the reason."""
    is_open = asked.state == State.ASKED
    is_own = actor(request).id == asked.asked_by
    decisions = ["withdraw"] if is_own else ["approve", "refuse"]
    may = is_own or _may_decide(request, asked)
    return {
        "decisions": decisions if is_open and may else [],
        "is_own": is_own and is_open,
        "decide_address": reverse("admin:nannychain_approvalrequest_decide", args=[asked.pk]),
        "reason_form": ReasonForm(),
    }


def _name_of(asked: ApprovalRequest) -> str:
    """Return the subject as its own model writes it; type and id where it is gone."""
    try:
        model = apps.get_model(asked.subject_type)
        subject = model._default_manager.filter(pk=asked.subject_id).first()
    except (LookupError, ValueError, ValidationError):
        subject = None
    return str(subject or f"{asked.subject_type} {asked.subject_id}")
