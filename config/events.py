"""When X, then Y: where news from below, and callbacks from outside, meet those who react."""

from config import echoes, funding
from nannychain import events, inbox
from nannychain.notifications import optouts, reports
from payments.deposits import callbacks as deposits
from payments.limits import excess
from payments.mpesa import callbacks as mpesa
from payments.paybill import asking, returning
from payments.paybill import callbacks as paybill
from payments.paybill import services as payments_in
from payments.reconciliation.balances import asking as balances
from payments.withdrawals import callbacks as withdrawals
from ussd.gateways.events import SESSION_ENDED
from workers.identity import services as identity
from workers.identity.sim_swaps import answers as sim_swaps

REACTIONS: dict[str, tuple[events.Reaction, ...]] = {
    "sms.opted_out": (identity.record_opt_out,),
    "kyc.level_changed": (excess.level_changed, funding.level_changed),
}

SOURCES: tuple[inbox.Source, ...] = (
    reports.SOURCE,
    optouts.SOURCE,
    SESSION_ENDED,
    sim_swaps.SOURCE,
    deposits.PROMPTS,
    deposits.OLDER,
    withdrawals.PAYOUTS,
    withdrawals.ANSWERS,
    withdrawals.OLDER,
    paybill.CONFIRMATIONS,
    asking.ANSWERS,
    returning.RESULTS,
    balances.ANSWERS,
)


def connect() -> None:
    """Register both tables, who answers while somebody waits, and where storeys and rails meet."""
    events.register(REACTIONS)
    inbox.register(*SOURCES)
    mpesa.validate_with(payments_in.may_pay)
    echoes.connect()
    funding.connect()
