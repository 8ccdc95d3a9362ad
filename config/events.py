"""When X, then Y: where news from below, and callbacks from outside, meet those who react."""

from nannychain import events, inbox
from nannychain.notifications import optouts, reports
from payments.limits import excess
from ussd.gateways.events import SESSION_ENDED
from workers.identity import services as identity

REACTIONS: dict[str, tuple[events.Reaction, ...]] = {
    "sms.opted_out": (identity.record_opt_out,),
    "kyc.level_changed": (excess.level_changed,),
}

SOURCES: tuple[inbox.Source, ...] = (reports.SOURCE, optouts.SOURCE, SESSION_ENDED)


def connect() -> None:
    """Register both tables."""
    events.register(REACTIONS)
    inbox.register(*SOURCES)
