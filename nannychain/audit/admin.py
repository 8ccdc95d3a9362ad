"""The audit trail in the admin, to read: who did what to what, from where, before and after.

Its table takes no change and no deletion: PostgreSQL refuses them.
"""

from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from unfold.decorators import display

from nannychain import phone
from nannychain.audit.models import AuditEntry
from nannychain.clock import NAIROBI
from nannychain.errors import Invalid
from nannychain.staff.admin import ReadOnlyAdmin


class TextFilter(admin.SimpleListFilter):
    """A filter that takes what is typed."""

    template = "nannychain/text_filter.html"
    kind = "text"
    hint = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:  # noqa: ARG002
        """Offer nothing to choose: it is typed."""
        return (("", ""),)

    def choices(self, changelist: Any) -> Any:  # noqa: ARG002
        """Return what the box needs."""
        name, text = self.parameter_name, self.value() or ""
        yield {"name": name, "text": text, "kind": self.kind, "hint": self.hint}


class PersonFilter(TextFilter):
    """Acts of one person, by Worker ID or phone."""

    title = "who acted"
    parameter_name = "who"
    hint = "Worker ID or phone"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Narrow the list, along the index of who acted."""
        if not self.value():
            return queryset
        person = _person(str(self.value()))
        return queryset.none() if person is None else queryset.filter(actor_id=person)


class SubjectFilter(TextFilter):
    """Acts about one thing: a member by Worker ID or phone, anything else by its id."""

    title = "about"
    parameter_name = "about"
    hint = "Worker ID, phone or id"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Narrow the list, along the index of subjects."""
        text = str(self.value() or "").strip()
        if not text:
            return queryset
        person = _person(text)
        if person is not None:
            label = _people()._meta.label_lower
            return queryset.filter(subject_type=label, subject_id=str(person))
        return queryset.filter(subject_type__in=_types(), subject_id=_id(text))


class DayFilter(TextFilter):
    """Acts of one day in Nairobi."""

    title = "day"
    parameter_name = "day"
    kind = "date"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Narrow the list."""
        if not self.value():
            return queryset
        try:
            day = parse_date(str(self.value()))
        except ValueError:
            day = None
        if day is None:
            return queryset.none()
        begins = datetime.combine(day, time(), tzinfo=NAIROBI)
        return queryset.filter(at__gte=begins, at__lt=begins + timedelta(days=1))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Every act, the newest first; `?subject_type=…&subject_id=…` narrows it to one thing."""

    list_display = ("when", "action", "who", "subject", "changed", "channel", "address")
    list_filter = (PersonFilter, SubjectFilter, DayFilter, "channel")
    list_filter_submit = True
    address_filters = ("subject_type", "subject_id")
    search_fields = ("action",)
    search_help_text = "Part of the name of an act, such as withdrawal or pin"
    ordering = ("-id",)
    fieldsets = (
        ("What", {"fields": (("at", "action"), "subject", "changes", "reason")}),
        ("Who, and from where", {"fields": (("who", "channel"), ("address", "request_id"))}),
    )
    readonly_fields = ("who", "subject", "changes")

    @display(description="When", ordering="id")
    def when(self, entry: AuditEntry) -> str:
        """Show the instant in one line."""
        told = date_format(localtime(entry.at), "j M Y H:i:s")
        return told.replace(" ", "\N{NO-BREAK SPACE}")

    @display(description="Who", ordering="actor")
    def who(self, entry: AuditEntry) -> Any:
        """Show who acted, with a way there."""
        if entry.actor_id is None:
            return entry.actor
        name = entry.actor.replace("-", "\N{NON-BREAKING HYPHEN}")
        return _link(_people()._meta.label_lower, entry.actor_id, name)

    @display(description="About")
    def subject(self, entry: AuditEntry) -> Any:
        """Show what the act was done to, with a way there."""
        name = entry.subject_type.rpartition(".")[2]
        text = f"{name} {_short(entry.subject_id)}".replace(" ", "\N{NO-BREAK SPACE}")
        return _link(entry.subject_type, entry.subject_id, text)

    @display(description="Changed")
    def changed(self, entry: AuditEntry) -> str:
        """Show before and after in a line."""
        words = [f"{name}: {_arrow(was, now)}" for name, was, now in _both(entry)]
        line = ", ".join([*words, entry.reason] if entry.reason else words)
        return line if len(line) <= 90 else f"{line[:89]}…"

    @display(description="Before and after")
    def changes(self, entry: AuditEntry) -> Any:
        """Show every value that changed, before and after."""
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>',
            ((name, _text(was), _text(now)) for name, was, now in _both(entry)),
        )
        if not rows:
            return "-"
        return format_html(
            '<table class="desk-changes"><thead><tr><th></th><th scope="col">Before</th>'
            '<th scope="col">After</th></tr></thead><tbody>{}</tbody></table>',
            rows,
        )


def _people() -> Any:
    return get_user_model()


def _person(text: str) -> UUID | None:
    """Return the id of the member with that phone or Worker ID, in any case; None without one."""
    named = Q(worker_id=text.strip().upper())
    with suppress(Invalid):
        named |= Q(phone=phone.parse(text))
    found: UUID | None = (
        _people()._default_manager.filter(named).values_list("pk", flat=True).first()
    )
    return found


def _types() -> list[str]:
    """Return the kinds of things that acts are about, so that the index of subjects is used."""
    return [model._meta.label_lower for model in admin.site._registry]


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return text[:40]


def _both(entry: AuditEntry) -> list[tuple[str, Any, Any]]:
    names = dict.fromkeys((*entry.before, *entry.after))
    return [(name, entry.before.get(name), entry.after.get(name)) for name in names]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _arrow(was: Any, now: Any) -> str:
    return f"{_short(_text(was))} → {_short(_text(now))}" if was is not None else _short(_text(now))


def _short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:4]}…{text[-6:]}"


def _link(label: str, key: object, text: str) -> Any:
    try:
        there = reverse(f"admin:{label.replace('.', '_')}_change", args=[key])
    except NoReverseMatch:
        return text
    return format_html('<a class="underline" href="{}">{}</a>', there, text)
