"""Dated tables in the admin: what is in force, to come, or over; making and withdrawing changes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from nannychain.actors import Actor
from nannychain.dated import services
from nannychain.dated.models import Dated
from nannychain.dated.selectors import in_force
from nannychain.staff.acting import actor
from nannychain.staff.acts import Act, act_page
from nannychain.staff.admin import ReadOnlyAdmin

_COLOURS = {"in force": "success", "to come": "info", "over": "default", "withdrawn": "danger"}


class DatedAdmin(ReadOnlyAdmin):
    """A list of all rows. A subclass names `key`, its columns, the form, and makes the change."""

    key: ClassVar[str]
    change_form_of: ClassVar[type[forms.Form]]
    ordering = ("-effective_from", "-id")

    def make(self, cleaned: Mapping[str, Any], *, by: Actor) -> Dated:  # noqa: ARG002
        """Make the change that the form says; one call of a service."""
        raise Http404

    # Who may.

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Allow who may add rows of this table: it goes through a service."""
        return bool(request.user.has_perm(self._permission))

    @property
    def _permission(self) -> str:
        return f"{self.opts.app_label}.add_{self.opts.model_name}"

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
        return format_html('<a class="underline" href="{}">Withdraw this change</a>', there)

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
        """Show the form for a change, and make it when it is sent."""
        act = Act(
            title=f"Change {self.opts.verbose_name_plural}",
            button="Make the change",
            permission=self._permission,
            run=lambda cleaned: self._page(self.make(cleaned, by=actor(request))),
            done="Made. It can be withdrawn until it begins.",
            sentences=("What is in force today stays as it is until the change begins.",),
            form=self.change_form_of,
        )
        return act_page(self, request, act)

    def withdraw(self, request: HttpRequest, key: int) -> HttpResponse:
        """Show the form for the reason, and withdraw when it is sent."""
        row = self.get_object(request, str(key))
        if row is None:
            raise Http404

        def run(cleaned: Mapping[str, Any]) -> str:
            services.withdraw(row, reason=cleaned["reason"], by=actor(request))
            return self._page(row)

        act = Act(
            title=f"Withdraw the change of {row}",
            button="Withdraw it",
            permission=self._permission,
            run=run,
            done="Withdrawn.",
        )
        return act_page(self, request, act)

    def _page(self, row: Dated) -> str:
        return reverse(self._name("change"), args=[row.pk])
