"""Checking, choosing, changing and resetting a PIN.

Nothing here may stand within a caller's transaction: a try that was rolled back would be no try.
Repeat a call with the same attempt key and it answers the same and counts once.
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from nannychain import alerts, audit, events, keyed, notifications
from nannychain.actors import Actor
from nannychain.errors import Conflict, Invalid, Unavailable
from wallets.ledger import reading as ledger
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.pins import counting, hashing, messages, rules
from workers.identity.pins.counting import Verdict
from workers.identity.pins.models import Pin, PinAttempt
from workers.identity.sim_swaps import services as sim_swaps
from workers.identity.standing import services as standing
from workers.identity.tokens import services as tokens

RESET_WITHIN = timedelta(days=7)
CHANGE_WITHIN = timedelta(minutes=3)  # as long as a session on the plainest phone lasts
KEPT = timedelta(days=2)  # how long a verdict can be asked for again


class NoPin(Conflict):
    """The member has not chosen a PIN yet."""

    code = "pin.none"
    message = _("You have no PIN yet. Choose one first.")


class PinExists(Conflict):
    """A PIN is there: it is changed with the old one."""

    code = "pin.exists"
    message = _("You already have a PIN. Change it with the old one.")


class CodeNeeded(Conflict):
    """Money came before the first PIN: whoever chooses it must show that the phone is hers."""

    code = "pin.code_needed"
    message = _("Money has arrived. To choose a PIN, enter the code that we send you by SMS.")


class SamePin(Invalid):
    """The new PIN is the old one."""

    code = "pin.same"
    message = _("That is your old PIN. Choose another one.")


class OldPinNeeded(Conflict):
    """A PIN is changed right after the old one was given, and it was not, or not lately."""

    code = "pin.old_needed"
    message = _("Enter your old PIN first, then the new one.")


class ResetNotProved(Conflict):
    """The member has not shown by a code, or not lately, that it is she who asks for a new PIN."""

    code = "pin.reset_not_proved"
    message = _("The member has to ask for a new PIN first, with the code that we send by SMS.")


class ResetTooSoon(Conflict):
    """The SIM was changed lately: the code may have gone to a thief."""

    code = "pin.reset_too_soon"
    message = _("The SIM was changed in the last 3 days. A new PIN has to wait.")


class PepperChanged(Unavailable):
    """`PIN_PEPPER` isn't the one that the PIN was stored with; no try is counted."""

    code = "pin.unavailable"
    message = _("PINs can't be checked at the moment. Please try again later.")


def needs_code(member_id: UUID) -> bool:
    """Tell whether a first PIN would be refused without a code of purpose SET_PIN."""
    phone = Member.objects.values_list("phone", flat=True).get(pk=member_id)
    return ledger.was_ever_used(member_id) and not codes.was_used(phone, purpose=Purpose.SET_PIN)


def has_pin(member_id: UUID) -> bool:
    """Tell whether the member has chosen a PIN."""
    return Pin.objects.filter(pk=member_id).exists()


@sensitive_variables()
def verify(member_id: UUID, *, pin: str, attempt_key: str, channel: str) -> Verdict:
    """Return the verdict on a PIN; a wrong one is counted and raises nothing.

    `attempt_key` names this attempt for good: a session and hop, a request. The same key and PIN
    get the stored verdict again, whatever has happened since; another PIN under the same key is
    another try. Raises NoPin, after as much work, and PepperChanged.
    """
    return _judged(member_id, pin=pin, attempt_key=attempt_key, channel=channel)


@sensitive_variables()
def choose_first(
    member_id: UUID, *, pin: str, attempt_key: str, channel: str, code: str | None = None
) -> None:
    """Store the member's first PIN, or the first after a reset.

    Once money has come to any account of the member, a code of purpose SET_PIN is needed and used
    up, unless one was used up a moment ago on the way here; and what may leave is capped for a day.
    Raises NotFourDigits, WeakPin, PinExists, CodeNeeded, codes.Refused and TooOften.
    """
    member = Member.objects.get(pk=member_id)
    rules.refuse_weak(pin, phone=member.phone)
    made_by = _digest("first", member_id, attempt_key, pin)
    if _was_made_by(member_id, made_by):
        return
    has_money = ledger.was_ever_used(member_id)
    if code is None and needs_code(member_id):
        raise CodeNeeded
    row = Pin(
        member_id=member_id,
        hash=hashing.hashed(pin, member_id=member_id),
        pepper_id=hashing.pepper_id(),
        made_by=made_by,
        chosen_at=timezone.now(),
    )
    with transaction.atomic(durable=True):
        is_proved = _proves(member, code, has_money=has_money)
        # Her row is the lock: of two who choose at once, the second finds the first one's PIN.
        Member.objects.select_for_update(no_key=True).get(pk=member_id)
        is_made = _was_made_by(member_id, made_by)
        if is_proved and not is_made:
            _store_first(member, row, is_capped=has_money, channel=channel)
    if not (is_proved or is_made):
        raise codes.Refused


@sensitive_variables()
def change(member_id: UUID, *, old: str, new: str, attempt_key: str, channel: str) -> Verdict:
    """Put the new PIN in the place of the old one, where that is right; return the verdict on it.

    The new one is looked at first: NotFourDigits, WeakPin and SamePin count no try. Raises NoPin
    and PepperChanged too.
    """
    member = Member.objects.get(pk=member_id)
    rules.refuse_weak(new, phone=member.phone)
    if old == new:
        raise SamePin
    fresh = hashing.hashed(new, member_id=member_id)
    made_by = _digest("change", member_id, attempt_key, new)

    def put_new(row: Pin) -> None:
        _put_new(member, row, fresh=fresh, made_by=made_by, channel=channel)

    return _judged(
        member_id,
        pin=old,
        attempt_key=f"{attempt_key} change to {new}",
        channel=channel,
        then=put_new,
    )


@sensitive_variables()
def change_after_right_try(member_id: UUID, *, new: str, attempt_key: str, channel: str) -> None:
    """Put the new PIN in the place of the old one, which was given right on this channel just now.

    For front doors that ask for one thing at a time: `verify` first, then this within three
    minutes. The same attempt again changes nothing. Raises NotFourDigits, WeakPin, SamePin, NoPin
    and OldPinNeeded.
    """
    member = Member.objects.get(pk=member_id)
    rules.refuse_weak(new, phone=member.phone)
    made_by = _digest("change", member_id, attempt_key, new)
    seen = Pin.objects.filter(pk=member_id).first()
    if seen is None:
        raise NoPin
    if bytes(seen.made_by) == made_by:
        return
    if hashing.fits(new, member_id=member_id, stored=seen.hash):
        raise SamePin
    fresh = hashing.hashed(new, member_id=member_id)
    with transaction.atomic(durable=True):
        row = Pin.objects.select_for_update().filter(pk=member_id, hash=seen.hash).first()
        if row is None or not _was_right_just_now(member_id, row, channel=channel):
            raise OldPinNeeded
        _put_new(member, row, fresh=fresh, made_by=made_by, channel=channel)


def _was_right_just_now(member_id: UUID, row: Pin, *, channel: str) -> bool:
    """Tell whether the last try was a right one, for the PIN that still stands."""
    last = PinAttempt.objects.filter(member_id=member_id, channel=channel).order_by("-at").first()
    since = max(timezone.now() - CHANGE_WITHIN, row.changed_at or row.chosen_at)
    return last is not None and last.is_right and last.at >= since


@sensitive_variables()
def ask_reset(member_id: UUID, *, code: str, channel: str, address: str = "") -> None:
    """Note that the member asks for a new PIN and has shown by a code that the phone is hers.

    Uses a code of purpose RESET_PIN up; staff do the rest. Raises NoPin, codes.Refused, TooOften.
    """
    member = Member.objects.get(pk=member_id)
    if not has_pin(member_id):
        raise NoPin
    with transaction.atomic(durable=True):
        is_right = codes.matches(
            member.phone, purpose=Purpose.RESET_PIN, code=code, address=address
        )
        if is_right:
            Pin.objects.filter(pk=member_id).update(reset_proved_at=timezone.now())
            _note(member, "pin.reset_asked", channel=channel)
            events.publish("pin.reset_asked", member_id=str(member_id))
            sim_swaps.want(member_id, every=sim_swaps.WHERE_MONEY_LEAVES)
    if not is_right:
        raise codes.Refused


def reset(member_id: UUID, *, by: Actor, reason: str, channel: str = "admin") -> None:
    """Take the member's PIN away, so that she chooses a first one again; sign her out everywhere.

    What two members of staff decide on, after the member has asked by a code; `by` is the second of
    them. May be part of the caller's transaction. Raises NoPin, ResetNotProved and ResetTooSoon.
    """
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=True).get(pk=member_id)
        pin = Pin.objects.select_for_update().filter(pk=member_id).first()
        if pin is None:
            raise NoPin
        instant = timezone.now()
        if pin.reset_proved_at is None or pin.reset_proved_at + RESET_WITHIN < instant:
            raise ResetNotProved
        if standing.has_fresh_sim(member_id, at=instant):
            raise ResetTooSoon
        pin.delete()
        PinAttempt.objects.filter(member_id=member_id).delete()
        tokens.close_all(member_id, why="the PIN was reset")
        _tell(member, messages.was_reset(language=member.language))
        audit.record(
            "pin.reset",
            subject=member,
            actor_id=by.id,
            actor=by.name,
            reason=reason,
            channel=channel,
        )


def forget_old() -> int:
    """Delete verdicts that nobody asks for any more; return how many."""
    return PinAttempt.objects.filter(at__lte=timezone.now() - KEPT).delete()[0]


@sensitive_variables()
def _judged(
    member_id: UUID,
    *,
    pin: str,
    attempt_key: str,
    channel: str,
    then: Callable[[Pin], None] | None = None,
) -> Verdict:
    """Hash with no transaction open, then count under the row's lock; again if the PIN has changed.

    `then` is done with a right verdict, in the same transaction.
    """
    digest = _digest("attempt", member_id, attempt_key, pin)
    while (verdict := _stored(member_id, digest)) is None:
        seen = Pin.objects.filter(pk=member_id).first()
        fits = hashing.fits(pin, member_id=member_id, stored=seen.hash if seen else None)
        if seen is None:
            raise NoPin
        if seen.pepper_id != hashing.pepper_id():
            alerts.raise_alert(key="pin:pepper", title="PINs can't be checked: another PIN_PEPPER")
            raise PepperChanged
        with transaction.atomic(durable=True):
            row = Pin.objects.select_for_update().filter(pk=member_id, hash=seen.hash).first()
            if row is None or (verdict := _stored(member_id, digest)):
                continue  # changed, reset or judged by somebody else meanwhile
            verdict = counting.judge(row, fits=fits, channel=channel)
            if verdict.is_right and then:
                then(row)
            _store_verdict(member_id, digest, verdict, channel=channel)
            return verdict
    return verdict


def _stored(member_id: UUID, digest: bytes) -> Verdict | None:
    columns = ("is_right", "tries_left", "locked_until")
    row = PinAttempt.objects.filter(member_id=member_id, digest=digest).values(*columns).first()
    return Verdict(**row) if row else None


def _store_verdict(member_id: UUID, digest: bytes, verdict: Verdict, *, channel: str) -> None:
    PinAttempt.objects.create(
        member_id=member_id,
        digest=digest,
        is_right=verdict.is_right,
        tries_left=verdict.tries_left,
        locked_until=verdict.locked_until,
        channel=channel,
        at=timezone.now(),
    )


def _was_made_by(member_id: UUID, made_by: bytes) -> bool:
    """Tell whether this very attempt has made the PIN; raise PinExists where another has."""
    row = Pin.objects.filter(pk=member_id).values_list("made_by", flat=True).first()
    if row is not None and bytes(row) != made_by:
        raise PinExists
    return row is not None


@sensitive_variables()
def _proves(member: Member, code: str | None, *, has_money: bool) -> bool:
    if not has_money or code is None:
        return True
    return codes.matches(member.phone, purpose=Purpose.SET_PIN, code=code)


@sensitive_variables()
def _store_first(member: Member, row: Pin, *, is_capped: bool, channel: str) -> None:
    row.save(force_insert=True)
    if is_capped:
        standing.phone_proved(member.id)
        standing.cap_outgoing(member.id, why="a first PIN after money had come")
    _tell(member, messages.chosen(language=member.language))
    _note(member, "pin.chosen", channel=channel)


@sensitive_variables()
def _put_new(member: Member, row: Pin, *, fresh: str, made_by: bytes, channel: str) -> None:
    row.hash, row.pepper_id, row.made_by = fresh, hashing.pepper_id(), made_by
    row.changed_at = timezone.now()
    row.save(update_fields=["hash", "pepper_id", "made_by", "changed_at"])
    _tell(member, messages.changed(language=member.language))
    _note(member, "pin.changed", channel=channel)


def _tell(member: Member, text: str) -> None:
    notifications.queue(phone=member.phone, kind="security", language=member.language, text=text)


def _note(member: Member, action: str, *, channel: str) -> None:
    audit.record(
        action, subject=member, actor_id=member.id, actor=member.worker_id, channel=channel
    )


@sensitive_variables()
def _digest(kind: str, member_id: UUID, attempt_key: str, pin: str) -> bytes:
    return keyed.peppered(f"pin {kind}", str(member_id), attempt_key, pin)
