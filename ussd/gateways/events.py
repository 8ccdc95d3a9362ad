"""End-of-session events: best effort, for counting only. They create and decide nothing."""

from collections.abc import Mapping

from nannychain.inbox import Source


def _note(body: Mapping[str, str]) -> str:
    return body.get("status", "")[:60] or "no status"


# `input` holds all that was typed, PINs too; `lastAppResponse` may hold a balance or a name.
SESSION_ENDED = Source(
    name="africastalking.session_ended",
    redact=frozenset({"input", "lastAppResponse", "phoneNumber", "hopsMetadata"}),
    handle=_note,
)
