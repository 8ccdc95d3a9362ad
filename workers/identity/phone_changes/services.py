"""Asking for another number, showing both, and moving."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from nannychain import audit, events, locks, notifications
from nannychain import phone as phones
from nannychain.actors import Actor
from nannychain.errors import Conflict, Invalid, NotFound
from nannychain.transactions import required
from workers.identity import selectors
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.phone_changes import messages
from workers.identity.phone_changes.models import PhoneChange
from workers.identity.phone_changes.selectors import waiting
from workers.identity.phone_changes.states import PHONE_CHANGE, State
from workers.identity.standing import services as standing
from workers.identity.tokens import services as tokens

LASTS = timedelta(hours=24)
RELEASE_LASTS = timedelta(days=3)  # who has lost the old phone may have to find the new one first
_BATCH_ROWS = 100


class SamePhone(Invalid):
    """The new number is the old one."""

    code = "phone_change.same"
    message = _("That is your number already.")


class PhoneTaken(Conflict):
    """The new number has an account. Told only to who has shown that the phone is hers."""

    code = "phone_change.taken"
    message = _("There is an account with that number already.")


class TooSoon(Conflict):
    """The SIM was changed in the last days: the code to the old number may go to a thief."""

    code = "phone_change.too_soon"
    message = _("Your SIM was changed in the last 3 days. Please call us to change your number.")


class NoSuchChange(NotFound):
    """No change of number waits under that id."""

    code = "phone_change.not_found"
    message = _("There is no change of number to confirm. Please start again.")


def ask(member_id: UUID, *, new_phone: str, channel: str, address: str = "") -> PhoneChange:
    """Begin a change of number: a code goes to the old number and another one to the new.

    The answer is the same whether or not the new number has an account. What was asked before is
    cancelled. Whoever calls this has asked for the PIN, where there is one. Raises InvalidPhone,
    SamePhone, TooSoon, standing.Frozen and TooOften.
    """
    number = phones.parse(new_phone)
    member = Member.objects.get(pk=member_id)
    standing.refuse_frozen(member_id)
    if number == member.phone:
        raise SamePhone
    if standing.has_fresh_sim(member_id, at=timezone.now()):
        raise TooSoon
    with transaction.atomic():
        # Codes before members: that is the order in which everybody locks them.
        for phone, purpose in ((member.phone, Purpose.LEAVE_PHONE), (number, Purpose.TAKE_PHONE)):
            codes.send(phone, purpose=purpose, language=member.language, address=address)
        change = _begin(member_id, number, channel=channel, lasts=LASTS)
        _note("member.phone_change_asked", change, Actor(member.id, member.worker_id), channel)
        return change


def send_again(change_id: UUID, *, purpose: Purpose, address: str = "") -> None:
    """Send the code of one of the two numbers again. Raises NoSuchChange and TooOften."""
    change = _waiting(change_id)
    phone = _both(change)[purpose]
    codes.send(phone, purpose=purpose, language=change.member.language, address=address)


@sensitive_variables()
def prove(change_id: UUID, *, purpose: Purpose, code: str, address: str = "") -> PhoneChange:
    """Use a code up: LEAVE_PHONE shows the old number, TAKE_PHONE the new one; with both, move.

    Raises NoSuchChange, codes.Refused, TooOften, and PhoneTaken where the new number has an
    account, after which the change is cancelled.
    """
    change = _waiting(change_id)
    phone = _both(change)[purpose]
    is_free = True
    with transaction.atomic(durable=True):
        is_right = codes.matches(phone, purpose=purpose, code=code, address=address)
        if is_right:
            change = _locked(change_id)
            shown = "old_proved_at" if purpose == Purpose.LEAVE_PHONE else "new_proved_at"
            setattr(change, shown, timezone.now())
            change.save(update_fields=[shown])
            is_free = _move_if_shown(change)
    if not is_right:
        raise codes.Refused
    if not is_free:
        raise PhoneTaken
    return change


def release(member_id: UUID, *, new_phone: str, by: Actor, reason: str) -> PhoneChange:
    """Let the old number go without a code to it, and send one to the new number.

    What two members of staff decide on; `by` is the second of them. The new number has still to be
    shown. Where the member has begun the same change, that one goes on. May be part of the caller's
    transaction. Raises InvalidPhone, SamePhone, PhoneTaken and TooOften.
    """
    number = phones.parse(new_phone)
    member = Member.objects.get(pk=member_id)
    begun = PhoneChange.objects.filter(member_id=member_id, new_phone=number, state=State.ASKED)
    with transaction.atomic():
        if number != member.phone and not begun.filter(new_proved_at__isnull=False).exists():
            codes.send(number, purpose=Purpose.TAKE_PHONE, language=member.language)
        _locked_member(member_id)
        change = begun.first() or _begin(member_id, number, channel="admin", lasts=RELEASE_LASTS)
        change.released_by, change.releaser = by.id, by.name
        change.expires_at = timezone.now() + RELEASE_LASTS
        change.save(update_fields=["released_by", "releaser", "expires_at"])
        _note("member.phone_released", change, by, "admin", reason=reason)
        _tell(change.old_phone, member, messages.asked_by_staff(language=member.language))
        if not _move_if_shown(change):
            raise PhoneTaken
        return change


def cancel(change_id: UUID) -> None:
    """Take a change back; one that has ended stays as it is."""
    with transaction.atomic():
        change = PhoneChange.objects.select_for_update().filter(pk=change_id).first()
        if change is not None and change.state == State.ASKED:
            _end(change, State.CANCELLED, why="the member took it back")


def expire() -> int:
    """End changes that nobody has shown in time; return how many."""
    with transaction.atomic():
        rows = PhoneChange.objects.select_for_update(skip_locked=True)
        late = rows.filter(state=State.ASKED, expires_at__lte=timezone.now())
        found = list(late.order_by("expires_at")[:_BATCH_ROWS])
        for change in found:
            _end(change, State.EXPIRED, why="its time is over")
    return len(found)


def _both(change: PhoneChange) -> dict[Purpose, str]:
    return {Purpose.LEAVE_PHONE: change.old_phone, Purpose.TAKE_PHONE: change.new_phone}


def _locked_member(member_id: UUID) -> Member:
    return Member.objects.select_for_update(no_key=True).get(pk=member_id)


@required
def _begin(member_id: UUID, number: str, *, channel: str, lasts: timedelta) -> PhoneChange:
    member = _locked_member(member_id)
    if number == member.phone:
        raise SamePhone
    for other in PhoneChange.objects.select_for_update().filter(member=member, state=State.ASKED):
        _end(other, State.CANCELLED, why="another one was asked for")
    change = PhoneChange.objects.create(
        member=member,
        old_phone=member.phone,
        new_phone=number,
        channel=channel,
        expires_at=timezone.now() + lasts,
    )
    PHONE_CHANGE.record(change, source="", target=State.ASKED)
    return change


def _waiting(change_id: UUID) -> PhoneChange:
    change = waiting().filter(pk=change_id).first()
    if change is None:
        raise NoSuchChange
    return change


def _locked(change_id: UUID) -> PhoneChange:
    """Lock the member and then the change, as all others do; raise NoSuchChange."""
    _locked_member(_waiting(change_id).member_id)
    change = PhoneChange.objects.select_for_update().filter(pk=change_id, state=State.ASKED).first()
    if change is None:
        raise NoSuchChange
    return change


@required
def _move_if_shown(change: PhoneChange) -> bool:
    """Give the member the new number where both are shown; tell whether it was free, if so."""
    if change.new_proved_at is None:
        return True
    locks.take(locks.Lock.PHONE, change.new_phone)
    if selectors.member_by_phone(change.new_phone) is not None:
        _end(change, State.CANCELLED, why="there is an account with that number")
        return False
    if change.is_let_go:
        _move(change)
    return True


def _move(change: PhoneChange) -> None:
    member = change.member
    member.refresh_from_db()
    member.phone = change.new_phone
    member.save(update_fields=["phone"])
    standing.phone_proved(member.id)
    standing.cap_outgoing(member.id, why="a new number")
    tokens.close_all(member.id, why="the number was changed")
    _end(change, State.DONE, why="both numbers were shown")
    language = member.language
    _tell(change.old_phone, member, messages.left(new_phone=member.phone, language=language))
    arrived = messages.arrived(worker_id=member.worker_id, language=language)
    _tell(change.new_phone, member, arrived)
    _note("member.phone_changed", change, Actor(member.id, member.worker_id), change.channel)
    events.publish("member.phone_changed", member_id=str(member.id))


def _end(change: PhoneChange, state: State, *, why: str) -> None:
    PHONE_CHANGE.move(change, to=state, why=why, ended_at=timezone.now())


def _tell(phone: str, member: Member, text: str) -> None:
    notifications.queue(phone=phone, kind="security", language=member.language, text=text)


def _note(action: str, change: PhoneChange, by: Actor, channel: str, *, reason: str = "") -> None:
    audit.record(
        action,
        subject=change.member,
        actor_id=by.id,
        actor=by.name,
        before={"phone": phones.mask(change.old_phone)},
        after={"phone": phones.mask(change.new_phone)},
        reason=reason,
        channel=channel,
    )
