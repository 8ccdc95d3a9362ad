"""When X, then Y: where news from below, and callbacks from outside, meet those who react."""

from nannychain import events, inbox
from nannychain.notifications import optouts, reports
from payments.deposits import callbacks as deposits
from payments.limits import excess
from payments.withdrawals import callbacks as withdrawals
from ussd.gateways.events import SESSION_ENDED
from workers.identity import services as identity

REACTIONS: dict[str, tuple[events.Reaction, ...]] = {
    "sms.opted_out": (identity.record_opt_out,),
    "kyc.level_changed": (excess.level_changed,),
}

SOURCES: tuple[inbox.Source, ...] = (
    reports.SOURCE,
    optouts.SOURCE,
    SESSION_ENDED,
    deposits.PROMPTS,
    deposits.OLDER,
    withdrawals.PAYOUTS,
    withdrawals.ANSWERS,
    withdrawals.OLDER,
)


def connect() -> None:
    """Register both tables."""
    events.register(REACTIONS)
    inbox.register(*SOURCES)
