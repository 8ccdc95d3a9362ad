"""What a callback about a SIM means: late, double, early, or for nobody."""

from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from nannychain import alerts, inbox
from nannychain.clock import NAIROBI, nairobi_date
from nannychain.notifications.africastalking import swaps
from nannychain.notifications.africastalking.swaps import Told
from nannychain.transactions import required
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.sim_swaps.states import LOOKUP, State
from workers.identity.standing import services as standing


class TooEarly(Exception):
    """A question is being asked whose ids are not known yet: this may be its answer."""


@required
def hear(letter: inbox.Letter) -> str:
    """Keep the day for the member whose number was asked about; return what it came to."""
    told = swaps.parse(letter.body)
    if not told.is_understood or _is_to_come(told.swapped_on):
        alerts.raise_alert(
            key="sim_swaps:not_understood",
            title="A callback about a SIM can't be understood",
            details={"fields": sorted(letter.body)},
        )
        return "not understood"
    lookup = _asked(told)
    if lookup is None:
        being_asked = SimSwapLookup.objects.filter(state=State.ASKING)
        if being_asked.filter(asked_at__lte=letter.received_at).exists():
            raise TooEarly  # the inbox tries again, and the sweep ends what is being asked
        return "nobody's"
    if not LOOKUP.allows(lookup.state, State.TOLD):
        return "told before"
    return _keep(lookup, told)


SOURCE = inbox.Source(name="africastalking.sim_swap", hear=hear)


@required
def _asked(told: Told) -> SimSwapLookup | None:
    """Return the question. The recorded ids of answer and callback begin differently, so that a
    callback may also be known by its transaction, which is of one question alone.
    """
    known = Q()
    if told.request_id:
        known |= Q(request_id=told.request_id)
    if told.transaction_id:
        known |= Q(transaction_id=told.transaction_id)
    found = list(SimSwapLookup.objects.filter(known).values_list("pk", flat=True)[:2])
    if len(found) != 1:
        return None
    rows = SimSwapLookup.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("member").get(pk=found[0])


@required
def _keep(lookup: SimSwapLookup, told: Told) -> str:
    LOOKUP.move(
        lookup,
        to=State.TOLD,
        why=told.status,
        told_at=timezone.now(),
        provider_status=told.status,
        swapped_on=told.swapped_on,
    )
    if lookup.phone != lookup.member.phone:
        return "she has another number now"
    if told.swapped_on is None:
        return "no change is known"
    standing.note_sim_swap(lookup.member_id, _end_of(told.swapped_on))
    return "noted"


def _is_to_come(day: date | None) -> bool:
    return day is not None and day > nairobi_date(timezone.now())


def _end_of(day: date) -> datetime:
    """Return the last moment of a Kenyan day: a phone proved that day may have been the old SIM."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=NAIROBI) - timedelta(seconds=1)
