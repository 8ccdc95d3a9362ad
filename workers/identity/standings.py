"""A member's standing, phone and PIN in the words of her page in the admin."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from workers.identity.models import Member
from workers.identity.pins.models import Pin
from workers.identity.pins.services import RESET_WITHIN
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.standing.models import Standing
from workers.identity.standing.states import State

COLOURS = {"open": "success", "frozen": "danger"}


def in_a_word(member: Member) -> str:
    """Return `open` or `frozen`."""
    row = Standing.objects.filter(pk=member.pk).first()
    return "frozen" if row is None or row.state == State.FROZEN else "open"


def seen_in_words(member: Member) -> str:
    """Return when the phone was last in use with us, and what has to happen before money leaves."""
    row = Standing.objects.filter(pk=member.pk).first()
    if row is None:
        return "-"
    words = [_day(row.last_seen_at)]
    if row.state == State.FROZEN:
        words.append(f"frozen since {_instant(row.since)}: {row.reason}")
    if row.must_prove_since is not None:
        words.append("has to prove the phone again")
    if row.capped_until is not None and row.capped_until > timezone.now():
        words.append(f"little may leave until {_instant(row.capped_until)}")
    return "; ".join(words)


def pin_in_words(member: Member) -> str:
    """Return whether there is a PIN, whether it is locked, and whether a reset was asked for."""
    row = Pin.objects.filter(pk=member.pk).first()
    if row is None:
        return "none"
    words, now = ["chosen"], timezone.now()
    if row.is_locked(now) and row.locked_until is not None:
        words.append(f"locked until {_instant(row.locked_until)}")
    proved = row.reset_proved_at
    if proved is not None and proved + RESET_WITHIN > now:
        words.append(f"she asked for a reset, with a code, {_instant(proved)}")
    return "; ".join(words)


def sim_in_words(member: Member) -> str:
    """Return when the SIM was last changed as far as we know, and when we asked last."""
    row = Standing.objects.filter(pk=member.pk).first()
    swapped = row.sim_swapped_at if row is not None else None
    words = [f"changed {_day(swapped)}" if swapped else "no change known"]
    asked = SimSwapLookup.objects.filter(member=member).order_by("-wanted_at").first()
    if asked is not None:
        words.append(f"asked {_instant(asked.wanted_at)}: {asked.get_state_display()}")
    return "; ".join(words)


def _instant(instant: datetime) -> str:
    return date_format(localtime(instant), "DATETIME_FORMAT")


def _day(instant: datetime) -> str:
    return date_format(localtime(instant), "DATE_FORMAT")
