"""End-of-session events: best effort, for counting only. They create and decide nothing."""

from collections.abc import Mapping

from nannychain.inbox import Source
from ussd import figures

_ENDED_BY_US = "success"  # that we have counted ourselves


def _note(body: Mapping[str, str]) -> str:
    status = body.get("status", "")[:60]
    if status and status.lower() != _ENDED_BY_US:
        figures.count_dropped(body)
    return status or "no status"


# `input` holds all that was typed, PINs too; `lastAppResponse` may hold a balance or a name.
SESSION_ENDED = Source(
    name="africastalking.session_ended",
    redact=frozenset({"input", "lastAppResponse", "phoneNumber", "hopsMetadata"}),
    handle=_note,
)
