"""The worker's part: claim a question, ask it with no transaction open, record what was said."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from nannychain import alerts
from nannychain.notifications.africastalking.insights import Answer, Client, Outcome
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.sim_swaps.states import LOOKUP, State

# Longer than any call can take, so that nobody who lives is given up.
CLAIM_MAX = timedelta(seconds=60)
CALLBACK_MAX = timedelta(days=1)
PAUSE, PAUSE_MAX = timedelta(minutes=1), timedelta(hours=1)
LASTING_ATTEMPTS = 3
_STUCK = "sim_swaps:stuck"
_STATES = {
    Outcome.ASKED: State.ASKED,
    Outcome.NOT_ASKED: State.WAITING,
    Outcome.REFUSED: State.REFUSED,
    Outcome.UNKNOWN: State.UNKNOWN,
}


@dataclass(frozen=True)
class _Claim:
    """What this worker alone may ask now."""

    lookup_id: UUID
    phone: str


def ask(lookup_id: UUID, *, client: Client) -> bool:
    """Ask one question if it is due and nobody else is at it; tell whether it was asked.

    Safe to call twice, and by many workers at once. Must not be called within a transaction.
    """
    claim = _claim(lookup_id)
    if claim is None:
        return False
    record(claim.lookup_id, client.ask(claim.phone))
    return True


def client() -> Client:
    """Return a client for our account."""
    return Client(
        username=settings.AT_USERNAME,
        api_key=settings.AT_API_KEY,
        base_url=settings.AT_INSIGHTS_BASE_URL,
    )


def _claim(lookup_id: UUID) -> _Claim | None:
    instant = timezone.now()
    with transaction.atomic():
        waiting = SimSwapLookup.objects.select_for_update(
            skip_locked=True, no_key=True, of=("self",)
        ).select_related("member")
        lookup = waiting.filter(pk=lookup_id, state=State.WAITING, due_at__lte=instant).first()
        if lookup is None:
            return None
        if not (settings.AT_USERNAME and settings.AT_API_KEY):
            LOOKUP.move(lookup, to=State.REFUSED, provider_status="no credentials are set")
            return None
        LOOKUP.move(
            lookup,
            to=State.ASKING,
            phone=lookup.member.phone,
            asked_at=instant,
            due_at=instant + CLAIM_MAX,
            attempts=lookup.attempts + 1,
        )
        return _Claim(lookup_id=lookup.pk, phone=lookup.phone)


def record(lookup_id: UUID, answer: Answer) -> None:
    """Write down what the provider said; after the sweep has given it up, only that it took it."""
    with transaction.atomic():
        lookup = SimSwapLookup.objects.select_for_update(no_key=True).get(pk=lookup_id)
        state = _STATES[answer.outcome]
        if not LOOKUP.allows(lookup.state, state):
            return
        LOOKUP.move(
            lookup,
            to=state,
            why=answer.status,
            provider_status=answer.status,
            **_fields(lookup, answer),
        )
        if state == State.WAITING and lookup.attempts >= LASTING_ATTEMPTS:
            alerts.raise_alert(
                key=_STUCK,
                title="Nobody can be asked when SIMs were changed",
                details={"status": answer.status},
            )
        elif state == State.ASKED:
            alerts.resolve(_STUCK)


def _fields(lookup: SimSwapLookup, answer: Answer) -> dict[str, Any]:
    instant = timezone.now()
    if answer.outcome is Outcome.ASKED:
        # An id that is another question's already is no id of this one.
        taken = SimSwapLookup.objects.filter(request_id=answer.request_id).exists()
        return {
            "request_id": "" if taken else answer.request_id,
            "transaction_id": answer.transaction_id,
            "due_at": instant + CALLBACK_MAX,
        }
    if answer.outcome is Outcome.NOT_ASKED:
        return {"due_at": instant + min(PAUSE * 2 ** min(lookup.attempts, 10), PAUSE_MAX)}
    return {}
