"""Dated tables in the admin: what is in force, to come, or over; and changes, which take two."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from nannychain.actors import Actor
from nannychain.approvals import Kind
from nannychain.approvals import services as approvals
from nannychain.approvals.asking import address, ask_page
from nannychain.dated import services
from nannychain.dated.models import Dated
from nannychain.dated.review import STARTS_ON
from nannychain.dated.selectors import in_force
from nannychain.staff.acting import actor
from nannychain.staff.acts import Act, act_page
from nannychain.staff.admin import ReadOnlyAdmin

_COLOURS = {"in force": "success", "to come": "info", "over": "default", "withdrawn": "danger"}


class DatedAdmin(ReadOnlyAdmin):
    """A list of all rows. A subclass names `key`, its columns, the form, the kinds of request, and
    puts what the form says into words that two people can read.
    """

    key: ClassVar[str]
    change_form_of: ClassVar[type[forms.Form]]
    changing: ClassVar[Kind]
    withdrawing: ClassVar[Kind]
    ordering = ("-effective_from", "-id")

    def wording(self, cleaned: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG002
        """Return the change that the form says, as the payload of a request; `build` reads it."""
        raise Http404

    def build(self, payload: Mapping[str, Any]) -> Dated:  # noqa: ARG002
        """Return the row that the payload says, unsaved; raise where it makes no sense."""
        raise Http404

    # Who may.

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Allow who may ask for changes: another one decides about them."""
        return bool(request.user.has_perm(self.changing.asking_permission))

    # Showing.

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show everything as text."""
        return (*super().get_readonly_fields(request, obj), "stands", "ways")

    @display(description="State", label=_COLOURS)
    def stands(self, row: Dated) -> str:
        """Show in a word whether the row is in force."""
        instant = timezone.now()
        if row.withdrawn_at is not None:
            return "withdrawn"
        if row.effective_from > instant:
            return "to come"
        now = in_force(type(row), at=instant, **{self.key: getattr(row, self.key)})
        return "in force" if now is not None and now.pk == row.pk else "over"

    @display(description="Change")
    def ways(self, row: Dated) -> str:
        """Show the way to withdraw what has not begun."""
        if self.stands(row) != "to come":
            return "-"
        there = reverse(self._name("withdraw"), args=[row.pk])
        return format_html('<a class="underline" href="{}">Ask to withdraw this change</a>', there)

    # Writing, by services.

    def get_urls(self) -> Any:
        """Add the page on which a change is withdrawn."""
        view = self.admin_site.admin_view(self.withdraw)
        own = path("<int:key>/withdraw/", view, name=self._name("withdraw").removeprefix("admin:"))
        return [own, *super().get_urls()]

    def _name(self, page: str) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Show the form for a change, and ask for it when it is sent."""
        act = Act(
            title=f"Change {self.opts.verbose_name_plural}",
            button="Ask for the change",
            permission=self.changing.asking_permission,
            run=lambda cleaned: self._ask(cleaned, by=actor(request)),
            done="Asked. Somebody else has to decide about it.",
            sentences=(
                "Nothing happens until another member of staff approves it.",
                "What is in force today stays as it is until the change begins.",
            ),
            form=self.change_form_of,
        )
        return act_page(self, request, act)

    def _ask(self, cleaned: Mapping[str, Any], *, by: Actor) -> str:
        payload = self.wording(cleaned)
        row = self.build(payload)  # says what makes no sense before anybody is asked
        services.ensure_to_come(cleaned["starts_on"])
        key = {self.key: getattr(row, self.key)}
        now = in_force(type(row), at=timezone.now(), **key)
        asked = approvals.ask(
            self.changing.code,
            subject_type=self.opts.label_lower,
            subject_id=str(now.pk if now is not None else key[self.key]),
            payload={**payload, STARTS_ON: cleaned["starts_on"].isoformat()},
            by=by,
            reason=cleaned["reason"],
        )
        return address(asked.pk)

    def withdraw(self, request: HttpRequest, key: int) -> HttpResponse:
        """Show the form for the reason, and ask to withdraw when it is sent."""
        row = self.get_object(request, str(key))
        if row is None:
            raise Http404
        if self.stands(row) != "to come":
            raise Http404
        return ask_page(self, request, kind=self.withdrawing.code, subject=row)
