"""Tables on a member's admin page of what has no foreign key to the member: SMS and audit trail."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localtime

from nannychain.audit.models import AuditEntry
from workers.identity.models import Member

ROWS_MAX = 20


@dataclass(frozen=True)
class Panel:
    """A table of the newest rows, with the address of the list of all."""

    title: str
    address: str
    headers: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    @property
    def table(self) -> dict[str, Any]:
        """Return headers and rows as unfold's table component wants them."""
        return {"headers": self.headers, "rows": self.rows}


def panels(member: Member, *, request: HttpRequest) -> Iterator[Panel]:
    """Return the panels that this staff member has the right to see."""
    if request.user.has_perm("nannychain.view_auditentry"):
        yield _audit_trail(member)


def _audit_trail(member: Member) -> Panel:
    of_member = {"subject_type": member._meta.label_lower, "subject_id": str(member.pk)}
    entries = AuditEntry.objects.filter(**of_member).order_by("-id")[:ROWS_MAX]
    return Panel(
        title="Audit trail",
        address=f"{reverse('admin:nannychain_auditentry_changelist')}?{urlencode(of_member)}",
        headers=("When", "What", "By", "Before", "After", "Channel", "From"),
        rows=[
            (
                localtime(entry.at).strftime("%d %b %Y %H:%M:%S"),
                entry.action,
                entry.actor,
                _in_words(entry.before),
                _in_words(entry.after),
                entry.channel,
                entry.address or "",
            )
            for entry in entries
        ],
    )


def _in_words(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in values.items())
