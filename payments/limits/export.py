"""What a member's export says of her limits: what she sent by day, to whom first, and excess."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F

from payments.limits.models import CapUse, DayUse, Excess, Payee
from workers.identity.me.export import Section, rows
from workers.identity.models import Member


def _days(member: Member) -> Iterator[dict[str, Any]]:
    return rows(DayUse.objects.filter(member=member), "day", amount_cents=F("cents"))


def _cap(member: Member) -> Iterator[dict[str, Any]]:
    return rows(CapUse.objects.filter(pk=member.pk), "since", amount_cents=F("cents"))


def _payees(member: Member) -> Iterator[dict[str, Any]]:
    return rows(Payee.objects.filter(sender=member), "payee__worker_id", "first_at", "new_cents")


def _excess(member: Member) -> Iterator[dict[str, Any]]:
    columns = ("cause", "placed_at", "released_at")
    return rows(Excess.objects.filter(member=member), *columns, amount_cents=F("cents"))


SECTIONS = (
    Section("sent_by_day", frozenset({"payments.DayUse"}), _days),
    Section("sent_under_cap", frozenset({"payments.CapUse"}), _cap),
    Section("payees", frozenset({"payments.Payee"}), _payees),
    Section("above_limit", frozenset({"payments.Excess"}), _excess),
)
