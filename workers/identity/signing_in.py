"""What is written down of sign-ins to the admin, and who is locked out after failures.

The counting is django-axes': by the phone as we write it, whatever its spelling, and by address;
both steps of a sign-in count together.
"""

from typing import Any

import structlog
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.http import HttpRequest

from nannychain import alerts, audit, phone
from nannychain.logs.middleware import client_address
from workers.identity import selectors
from workers.identity.models import Member

log = structlog.get_logger(__name__)


def username(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return under what name failures are counted: the phone in E.164, or what was typed."""
    typed = str((credentials or request.POST).get("username") or "")
    try:
        return phone.parse(typed)
    except phone.InvalidPhone:
        return typed[: phone.LENGTH_MAX].replace("\x00", "")


def address(request: HttpRequest) -> str | None:
    """Return from where somebody signs in."""
    return client_address(request)


def named_in_logs(*_: Any) -> str:
    """Return what the log says of who failed: nothing, since the request's own line says it."""
    return "somebody"


def is_locked_out(request: HttpRequest, *, phone: str) -> bool:
    """Tell whether too many sign-ins for this phone, or from this address, have failed."""
    return not AxesProxyHandler.is_allowed(request, {"username": phone})


def count_failure(request: HttpRequest, *, phone: str) -> None:
    """Count a wrong code as a failed sign-in, as Django does with a wrong password."""
    user_login_failed.send(sender=__name__, credentials={"username": phone}, request=request)


def note_success(member: Member, *, how: str) -> None:
    """Write that the member has signed in, and how the second step was passed."""
    note("staff.signed_in", member, after={"second_step": how})


def note_failure(request: HttpRequest, *, phone: str, step: str) -> None:
    """Write that a sign-in has failed, and raise an alert when that locks somebody out.

    What is refused because of a lock is not written again: only what was counted.
    """
    counted = getattr(request, "axes_failures_since_start", None)
    if counted is None:
        return
    locked = bool(getattr(request, "axes_locked_out", False))
    member = selectors.member_by_phone(phone)
    log.warning("staff.sign_in_failed", step=step, failures=counted, locked=locked)
    if member is None or not member.is_staff:
        return
    with transaction.atomic():
        after = {"step": step, "failures": counted, "locked_out": locked}
        note("staff.sign_in_failed", member, after=after)
        if locked:
            alerts.raise_alert(
                key=f"staff.locked_out.{member.worker_id}",
                title=f"{member.worker_id} is locked out of the admin after failed sign-ins",
                details={"step": step},
            )


@transaction.atomic
def note(action: str, member: Member, *, after: dict[str, object] | None = None) -> None:
    """Write what a member of the staff did to the own sign-in."""
    audit.record(
        action,
        subject=member,
        actor_id=member.pk,
        actor=member.worker_id,
        after=after,
        channel="admin",
    )
