"""What a try leads to: the count of wrong ones, and locks that grow; under the row's lock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from nannychain import audit, notifications
from nannychain.transactions import required
from workers.identity.models import Member
from workers.identity.pins import messages
from workers.identity.pins.models import Pin, PinAttempt

TRIES = 3
WAITS = (timedelta(minutes=15), timedelta(hours=1), timedelta(days=1))
UNTIL_RESET = datetime(9999, 1, 1, tzinfo=UTC)
# So many wrong ones in a day lock too, however many right ones came between: a thief may guess
# whenever the owner has just entered hers.
WRONG_IN_A_DAY = 6
# Locks are counted on until a right PIN comes at least this long after the last of them.
_CALM = timedelta(days=1)


@dataclass(frozen=True)
class Verdict:
    """What came of a PIN. `locked_until` is set where none is taken now."""

    is_right: bool
    tries_left: int
    locked_until: datetime | None

    @property
    def needs_reset(self) -> bool:
        """Tell whether waiting is of no use: only a reset opens it."""
        return self.locked_until == UNTIL_RESET


@required
def judge(pin: Pin, *, fits: bool, channel: str) -> Verdict:
    """Count one try on the locked row and return the verdict."""
    instant = timezone.now()
    if pin.is_locked(instant):
        return Verdict(is_right=False, tries_left=0, locked_until=pin.locked_until)
    if fits:
        _calm_down(pin, instant)
        return Verdict(is_right=True, tries_left=TRIES, locked_until=None)
    left = min(TRIES - pin.tries, WRONG_IN_A_DAY + 1 - _wrong_lately(pin, instant)) - 1
    if left > 0:
        pin.tries += 1
        pin.save(update_fields=["tries"])
        return Verdict(is_right=False, tries_left=left, locked_until=None)
    _lock(pin, instant, channel=channel)
    return Verdict(is_right=False, tries_left=0, locked_until=pin.locked_until)


def _calm_down(pin: Pin, instant: datetime) -> None:
    is_calm = pin.locked_until is None or pin.locked_until + _CALM <= instant
    before = (pin.tries, pin.locks)
    pin.tries = 0
    pin.locks = 0 if is_calm else pin.locks
    if (pin.tries, pin.locks) != before:
        pin.save(update_fields=["tries", "locks"])


def _wrong_lately(pin: Pin, instant: datetime) -> int:
    """Return how many wrong ones of the last day did not lead to a lock."""
    wrong = PinAttempt.objects.filter(member_id=pin.pk, is_right=False, locked_until__isnull=True)
    return wrong.filter(at__gt=instant - _CALM).count()


def _lock(pin: Pin, instant: datetime, *, channel: str) -> None:
    is_last = pin.locks >= len(WAITS)
    pin.locked_until = UNTIL_RESET if is_last else instant + WAITS[pin.locks]
    pin.locks += 1
    pin.tries = 0
    pin.save(update_fields=["locked_until", "locks", "tries"])
    member = Member.objects.get(pk=pin.member_id)
    language = member.language
    notifications.queue(
        phone=member.phone,
        kind="security",
        language=language,
        text=messages.locked_for_good(language=language)
        if is_last
        else messages.locked(until=pin.locked_until, language=language),
    )
    audit.record(
        "pin.locked",
        subject=member,
        actor_id=member.id,
        actor=member.worker_id,
        after={"until": "reset" if is_last else pin.locked_until.isoformat(), "locks": pin.locks},
        channel=channel,
    )
