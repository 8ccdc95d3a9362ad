"""Enrolling a device, checking codes, and forgetting a device.

How often somebody may guess is counted at the sign-in (django-axes), for both steps together.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from nannychain import audit, boxes
from nannychain.actors import Actor
from nannychain.audit.services import SYSTEM
from nannychain.errors import Conflict, Forbidden, Invalid
from nannychain.transactions import required
from workers.identity.models import Member
from workers.identity.second_factor import codes
from workers.identity.second_factor.models import RecoveryCode, SecondFactor

MAY_ENROL = timedelta(hours=24)
RECOVERY_CODES = 10
CODE_LENGTH_MAX = 40


class WrongCode(Invalid):
    """The code is wrong, too old, or was used before."""

    code = "second_factor.wrong_code"
    message = "That code is not right, or was used before."


class EnrolmentClosed(Forbidden):
    """Nobody has let this person enrol a device, or the day for it is over."""

    code = "second_factor.enrolment_closed"
    message = (
        "The time to enrol a device is over. Ask a colleague to open it again, or whoever runs "
        "the server: manage.py reset_second_factor"
    )


class AlreadyEnrolled(Conflict):
    """There is a device."""

    code = "second_factor.already_enrolled"
    message = "A device is enrolled already."


class How(StrEnum):
    """With what the second step was passed."""

    DEVICE = "device"
    RECOVERY_CODE = "recovery code"


@dataclass(frozen=True)
class Enrolment:
    """What a device needs: the secret to type, and the address that the picture says."""

    secret: str
    address: str


def invite(member: Member) -> None:
    """Let the member enrol a device from now on, for a day; leave alone who has one."""
    until = timezone.now() + MAY_ENROL
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(pk=member.pk).first()
        if factor is None:
            _new_factor(member.pk, until=until).save(force_insert=True)
        elif factor.confirmed_at is None:
            factor.may_enrol_until = until
            factor.save(update_fields=["may_enrol_until"])


@sensitive_variables()
def enrolment(member: Member) -> Enrolment:
    """Return what the device of this member needs; raise EnrolmentClosed and AlreadyEnrolled."""
    factor = _may_enrol(member.pk)
    secret = _secret_of(factor)
    return Enrolment(codes.spelled(secret), codes.address(secret, account=member.worker_id))


@sensitive_variables()
def enrol(member: Member, *, code: str) -> tuple[str, ...]:
    """Confirm the device by a code of it; return the recovery codes, which nobody sees again.

    Raises WrongCode, EnrolmentClosed and AlreadyEnrolled.
    """
    with transaction.atomic():
        factor = _may_enrol(member.pk, for_update=True)
        _use_device(factor, code.replace(" ", ""))
        factor.confirmed_at = timezone.now()
        factor.save(update_fields=["confirmed_at"])
        _note("staff.device_enrolled", member, by=_self(member))
        return _draw_codes(factor)


@sensitive_variables()
def check(member: Member, *, code: str) -> How:
    """Use up a code of the device, or a recovery code; raise WrongCode.

    Must not be part of a longer transaction whose end would bring the code back.
    """
    with transaction.atomic():
        factor = SecondFactor.objects.filter(pk=member.pk, confirmed_at__isnull=False).first()
        if factor is None or len(code) > CODE_LENGTH_MAX:
            raise WrongCode
        typed = code.replace(" ", "")
        if codes.is_from_device(typed):
            _use_device(factor, typed)
            return How.DEVICE
        digest = codes.recovery_digest(typed, member_id=member.pk)
        unused = RecoveryCode.objects.filter(factor=factor, digest=digest, used_at__isnull=True)
        if unused.update(used_at=timezone.now()) != 1:
            raise WrongCode
        left = RecoveryCode.objects.filter(factor=factor, used_at__isnull=True).count()
        _note("staff.recovery_code_used", member, by=_self(member), after={"left": left})
        return How.RECOVERY_CODE


@sensitive_variables()
def new_recovery_codes(member: Member) -> tuple[str, ...]:
    """Replace all recovery codes; return the new ones, which nobody sees again."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().get(
            pk=member.pk, confirmed_at__isnull=False
        )
        _note("staff.recovery_codes_renewed", member, by=_self(member))
        return _draw_codes(factor)


def demo_code(member: Member) -> str:
    """Return what the device of the demo admin shows now. Its caller refuses the real thing."""
    return codes.at(_secret_of(SecondFactor.objects.get(pk=member.pk)), codes.now())


def reset(member_id: UUID, *, by: Actor | None = None, reason: str = "", channel: str) -> None:
    """Forget the device and the recovery codes, end all sessions, and let a new one be enrolled.

    Without `by` it was somebody at the command line.
    """
    with transaction.atomic():
        member = _forget(member_id)
        _new_factor(member_id, until=timezone.now() + MAY_ENROL).save(force_insert=True)
        _note("staff.device_forgotten", member, by=by, reason=reason, channel=channel)


@required
def remove(member_id: UUID) -> None:
    """Forget the device of who is no longer staff, and end all sessions."""
    _forget(member_id)


@transaction.atomic
def end_sessions(member_id: UUID) -> None:
    """End all sessions of the member in the admin."""
    Member.objects.filter(pk=member_id).update(session_epoch=F("session_epoch") + 1)


def forget_old_sessions() -> None:
    """Delete the sessions in the admin that are over; most end without anybody signing out."""
    SessionStore.clear_expired()


def _forget(member_id: UUID) -> Member:
    member = Member.objects.select_for_update(no_key=True).get(pk=member_id)
    SecondFactor.objects.filter(pk=member_id).delete()
    end_sessions(member_id)
    return member


@sensitive_variables()
def _new_factor(member_id: UUID, *, until: datetime) -> SecondFactor:
    box = boxes.lock(codes.new_secret(), context=_context(member_id))
    return SecondFactor(
        member_id=member_id,
        locked_secret=box.ciphertext,
        key_id=box.key_id,
        may_enrol_until=until,
    )


def _may_enrol(member_id: UUID, *, for_update: bool = False) -> SecondFactor:
    rows = SecondFactor.objects.select_for_update() if for_update else SecondFactor.objects
    factor = rows.filter(pk=member_id).first()
    if factor is not None and factor.confirmed_at is not None:
        raise AlreadyEnrolled
    if factor is None or factor.may_enrol_until <= timezone.now():
        raise EnrolmentClosed
    return factor


@sensitive_variables()
def _secret_of(factor: SecondFactor) -> bytes:
    box = boxes.Box(key_id=factor.key_id, ciphertext=bytes(factor.locked_secret))
    return boxes.unlock(box, context=_context(factor.pk))


def _context(member_id: UUID) -> str:
    return f"second factor:{member_id}"


@sensitive_variables()
def _use_device(factor: SecondFactor, code: str) -> None:
    """Use up the code: of two who show the same, one is right."""
    for step in codes.matching_steps(_secret_of(factor), code):
        rows = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step)
        if rows.update(last_step=step) == 1:
            factor.last_step = step
            return
    raise WrongCode


@sensitive_variables()
def _draw_codes(factor: SecondFactor) -> tuple[str, ...]:
    drawn = tuple(codes.new_recovery_code() for _ in range(RECOVERY_CODES))
    RecoveryCode.objects.filter(factor=factor).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(factor=factor, digest=codes.recovery_digest(code, member_id=factor.pk))
        for code in drawn
    )
    return drawn


def _self(member: Member) -> Actor:
    return Actor(member.pk, member.worker_id)


def _note(
    action: str,
    member: Member,
    *,
    by: Actor | None,
    after: dict[str, object] | None = None,
    reason: str = "",
    channel: str = "admin",
) -> None:
    audit.record(
        action,
        subject=member,
        actor_id=by.id if by else None,
        actor=by.name if by else SYSTEM,
        after=after,
        reason=reason,
        channel=channel,
    )
