"""Tables on a member's page of what has no foreign key there, and of devices."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.timezone import localtime

from nannychain.approvals import selectors as approvals
from nannychain.audit.models import AuditEntry
from nannychain.notifications.selectors import latest_to
from workers.identity.models import Member
from workers.identity.tokens.models import Session

ROWS_MAX = 20
VALUE_LENGTH_MAX = 24


@dataclass(frozen=True)
class Panel:
    """A table of the newest rows, with the address of the list of all, where there is one."""

    title: str
    headers: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    address: str = ""

    @property
    def table(self) -> dict[str, Any]:
        """Return headers and rows as unfold's table component wants them."""
        return {"headers": self.headers, "rows": self.rows}


def panels(member: Member, *, request: HttpRequest) -> Iterator[Panel]:
    """Return the panels that this staff member has the right to see."""
    if request.user.has_perm("workers.sign_out_member"):
        yield _devices(member, may_open=request.user.has_perm("workers.view_session"))
    if request.user.has_perm("nannychain.view_sms"):
        yield _messages(member)
    if request.user.has_perm("nannychain.view_approvalrequest"):
        yield _approvals(member)
    if request.user.has_perm("nannychain.view_auditentry"):
        yield _audit_trail(member)


def _devices(member: Member, *, may_open: bool) -> Panel:
    of_member = urlencode({"member": str(member.pk)})
    every = f"{reverse('admin:workers_session_changelist')}?{of_member}"
    sessions = Session.objects.filter(member=member).order_by("-opened_at")[:ROWS_MAX]
    return Panel(
        title="Devices that were signed in",
        address=every if may_open else "",
        headers=("Since", "Device", "Last used", "From", "Ended"),
        rows=[
            (
                _when(session.opened_at),
                session.device or "unnamed",
                _when(session.last_used_at),
                session.address or "",
                _ended(session, may_open=may_open),
            )
            for session in sessions
        ],
    )


def _ended(session: Session, *, may_open: bool) -> str:
    if session.closed_at is not None:
        return f"{_when(session.closed_at)}, {session.closed_why}"
    if session.refresh_expires_at <= timezone.now():
        return "by itself"
    if not may_open:
        return "no"
    there = reverse("admin:workers_session_sign_out", args=[session.pk])
    return format_html('no: <a class="underline" href="{}">sign it out</a>', there)


def _messages(member: Member) -> Panel:
    to_phone = {"phone": member.phone}
    return Panel(
        title="SMS to this phone",
        address=f"{reverse('admin:nannychain_sms_changelist')}?{urlencode(to_phone)}",
        headers=("When", "Kind", "Text", "State", "Why"),
        rows=[
            (
                _when(sms.created_at),
                sms.kind,
                sms.shown_text,
                sms.get_state_display(),
                sms.reason,
            )
            for sms in latest_to(member.phone, rows_max=ROWS_MAX)
        ],
    )


def _approvals(member: Member) -> Panel:
    of_member = {"subject_type": member._meta.label_lower, "subject_id": str(member.pk)}
    return Panel(
        title="Requests for approval",
        address=f"{reverse('admin:nannychain_approvalrequest_changelist')}?{urlencode(of_member)}",
        headers=("When", "What", "Why", "Asked by", "State", "Decided by"),
        rows=[
            (
                _when(asked.asked_at),
                asked.kind,
                asked.reason,
                _in_one_line(asked.asker),
                asked.get_state_display(),
                _in_one_line(asked.decider),
            )
            for asked in approvals.about(member)[:ROWS_MAX]
        ],
    )


def _audit_trail(member: Member) -> Panel:
    of_member = {"subject_type": member._meta.label_lower, "subject_id": str(member.pk)}
    entries = AuditEntry.objects.filter(**of_member).order_by("-id")[:ROWS_MAX]
    return Panel(
        title="Audit trail",
        address=f"{reverse('admin:nannychain_auditentry_changelist')}?{urlencode(of_member)}",
        headers=("When", "What", "By", "Details", "By way of"),
        rows=[
            (
                _when(entry.at),
                entry.action,
                _in_one_line(entry.actor),
                _change_in_words(entry),
                " ".join(filter(None, (entry.channel, entry.address))),
            )
            for entry in entries
        ],
    )


def _change_in_words(entry: AuditEntry) -> str:
    sides = (entry.before, entry.after)
    words = [
        f"{name}: " + " → ".join(_shortened(str(side[name])) for side in sides if name in side)
        for name in entry.after
    ]
    return ", ".join([*words, entry.reason] if entry.reason else words)


def _shortened(value: str) -> str:
    return value if len(value) <= VALUE_LENGTH_MAX else f"{value[:4]}…{value[-4:]}"


def _when(instant: datetime) -> str:
    return _in_one_line(date_format(localtime(instant), "DATETIME_FORMAT"))


def _in_one_line(text: str) -> str:
    """Return the text so that a narrow column does not break it."""
    return text.replace(" ", "\N{NO-BREAK SPACE}").replace("-", "\N{NON-BREAKING HYPHEN}")
