"""Who calls: members by their phone, and what the engine needs from the services of identity."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from nannychain.errors import NannyChainError
from nannychain.language import DEFAULT as DEFAULT_LANGUAGE
from ussd.engine.hop import Visit
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.pins import services as pins
from workers.identity.pins.counting import Verdict
from workers.identity.selectors import Caller
from workers.identity.sim_swaps import services as sim_swaps
from workers.identity.standing import services as standing

RECENT = timedelta(minutes=10)  # longer than any session lives
_SEEN_EVERY = timedelta(days=1)


class MemberPins:
    """The PIN service, for members who dial."""

    def has_pin(self, caller: Caller) -> bool:
        """Tell whether the member has chosen a PIN."""
        return pins.has_pin(caller.member_id)

    @sensitive_variables()
    def verify(self, caller: Caller, *, pin: str, key: str) -> Verdict:
        """Return the verdict on this try."""
        return pins.verify(caller.member_id, pin=pin, attempt_key=key, channel="ussd")


def is_recent(caller: Caller | None) -> bool:
    """Tell whether the caller may have been a stranger when the session began."""
    return caller is not None and timezone.now() - caller.joined_at < RECENT


def language_of(caller: Caller | None) -> str:
    """Return the language to begin in."""
    return caller.language if caller else DEFAULT_LANGUAGE


def note_dial(visit: Visit) -> None:
    """Note that the member's phone is in use, once a day; its SIM is asked about afterwards.

    A gateway that may be believed about whose phone it is proves a phone that nothing proved yet.
    """
    caller: Caller = visit.caller
    instant = timezone.now()
    if caller.phone_proved_at is None and visit.hop.is_authenticated:
        standing.proved_by_dial(caller.member_id)
    if caller.last_seen_at is None or instant - caller.last_seen_at > _SEEN_EVERY:
        standing.seen(caller.member_id, instant)
        sim_swaps.want(caller.member_id)


def on_refusal(visit: Visit, error: NannyChainError) -> str | None:
    """Send the code by which the number is proved again, where that is what is missing."""
    if not isinstance(error, standing.MustProveAgain):
        return None
    codes.send(visit.hop.phone, purpose=Purpose.PROVE_PHONE, language=visit.language)
    return _("For your safety a code comes by SMS. Dial again, choose Enter code, then try again.")


def pack(caller: Caller) -> list[str]:
    """Return the caller as JSON, for the session."""
    joined_at = caller.joined_at.isoformat()
    return [str(caller.member_id), caller.worker_id, caller.language, joined_at]


def unpack(packed: list[str]) -> Caller:
    """Return the caller whom an earlier hop of the session has found."""
    member_id, worker_id, language, joined_at = packed
    return Caller(UUID(member_id), worker_id, language, datetime.fromisoformat(joined_at))
