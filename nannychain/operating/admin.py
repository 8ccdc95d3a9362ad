"""Caps of the modes, and the switch for each flow, in the admin."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from nannychain.dated.admin import DatedAdmin
from nannychain.dated.forms import CentsField, ChangeForm
from nannychain.money import display as money
from nannychain.operating import review, services
from nannychain.operating.flows import Flow
from nannychain.operating.models import ModeCaps, StoppedFlow
from nannychain.staff.acting import actor
from nannychain.staff.acts import Act, act_page
from nannychain.staff.admin import ReadOnlyAdmin
from nannychain.staff.forms import ReasonForm

_MODES = [(mode, mode) for mode in ("sandbox", "partner", "licensed")]
_STOP = "nannychain.add_stoppedflow"
_START = "nannychain.delete_stoppedflow"


class CapsForm(ChangeForm):
    """New caps of a mode; an empty field is no cap."""

    mode = forms.ChoiceField(choices=_MODES, widget=UnfoldAdminSelectWidget)
    members_max = forms.IntegerField(
        min_value=0, required=False, widget=UnfoldAdminIntegerFieldWidget
    )
    liability_max_cents = CentsField(required=False, label="Money held for members, at most")
    outflow_day_max_cents = CentsField(required=False, label="Paid out on a day, at most")


@admin.register(ModeCaps)
class ModeCapsAdmin(DatedAdmin):
    """What each mode may hold."""

    key = "mode"
    change_form_of = CapsForm
    changing, withdrawing = review.KINDS
    list_display = ("mode", "stands", "effective_from", "members", "held", "outflow", "maker")
    fields = (
        ("mode", "stands"),
        ("members", "held", "outflow"),
        ("effective_from", "maker"),
        "reason",
        ("withdrawn_at", "withdrawer"),
        "ways",
    )
    readonly_fields = ("members", "held", "outflow")

    def wording(self, cleaned: Mapping[str, Any]) -> dict[str, str]:
        """Return new caps of a mode in words."""
        return review.wording(cleaned)

    def build(self, payload: Mapping[str, Any]) -> ModeCaps:
        """Return the caps that the words say."""
        return review.build(payload)

    @display(description="Members")
    def members(self, caps: ModeCaps) -> str:
        """Show how many members there may be."""
        return "any number" if caps.members_max is None else f"{caps.members_max:,}"

    @display(description="Money held")
    def held(self, caps: ModeCaps) -> str:
        """Show how much may be held for members."""
        return _cap(caps.liability_max_cents)

    @display(description="Out on a day")
    def outflow(self, caps: ModeCaps) -> str:
        """Show how much may be paid out on a day."""
        return _cap(caps.outflow_day_max_cents)


class StopForm(ReasonForm):
    """Which flow to stop, and why."""

    flow = forms.ChoiceField(
        choices=[(flow.value, flow.value) for flow in Flow], widget=UnfoldAdminSelectWidget
    )


@admin.register(StoppedFlow)
class StoppedFlowAdmin(ReadOnlyAdmin):
    """The flows that stand still. Adding one stops it; its own page lets it go on."""

    list_display = ("flow", "stopped_at", "stopper", "reason")
    fields = ("flow", ("stopped_at", "stopper"), "reason", "way")
    readonly_fields = ("way",)
    ordering = ("flow",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Allow who may stop a flow."""
        return bool(request.user.has_perm(_STOP))

    def get_urls(self) -> Any:
        """Add the page on which a flow is let go on."""
        view = self.admin_site.admin_view(self.start)
        own = path("<slug:flow>/start/", view, name="nannychain_stoppedflow_start")
        return [own, *super().get_urls()]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Stop a flow, at once."""

        def run(cleaned: Mapping[str, Any]) -> str:
            services.stop(Flow(cleaned["flow"]), reason=cleaned["reason"], by=actor(request))
            return reverse("admin:nannychain_stoppedflow_changelist")

        act = Act(
            title="Stop a flow",
            button="Stop it now",
            permission=_STOP,
            run=run,
            done="Stopped.",
            sentences=(
                "Nothing new begins in it from now on. What is under way is brought to its end, "
                "and money that comes in is booked.",
            ),
            is_dangerous=True,
            form=StopForm,
        )
        return act_page(self, request, act)

    def start(self, request: HttpRequest, flow: str) -> HttpResponse:
        """Let a flow go on."""
        stopped = StoppedFlow.objects.filter(pk=flow).first()
        if stopped is None:
            raise Http404

        def run(cleaned: Mapping[str, Any]) -> str:
            services.start(Flow(stopped.flow), reason=cleaned["reason"], by=actor(request))
            return reverse("admin:nannychain_stoppedflow_changelist")

        act = Act(
            title=f"Let {stopped} go on",
            button="Let it go on",
            permission=_START,
            run=run,
            done="It goes on.",
            sentences=(f"It was stopped by {stopped.stopper}: {stopped.reason}",),
        )
        return act_page(self, request, act)

    @display(description="Go on")
    def way(self, stopped: StoppedFlow) -> str:
        """Show the way to let it go on."""
        there = reverse("admin:nannychain_stoppedflow_start", args=[stopped.pk])
        return format_html('<a class="underline" href="{}">Let it go on</a>', there)


def _cap(cents: int | None) -> str:
    return "without end" if cents is None else money(cents)
