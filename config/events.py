"""When X, then Y: where news from below, and callbacks from outside, meet those who react."""

from datetime import datetime
from uuid import UUID

from nannychain import events, inbox
from nannychain.notifications import optouts, reports
from payments.deposits import callbacks as deposits
from payments.deposits import services as prompts_out
from payments.limits import excess
from payments.mpesa import callbacks as mpesa
from payments.paybill import asking, prompts, returning
from payments.paybill import callbacks as paybill
from payments.paybill import services as payments_in
from payments.withdrawals import callbacks as withdrawals
from ussd.gateways.events import SESSION_ENDED
from workers.identity import services as identity
from workers.identity.sim_swaps import answers as sim_swaps

REACTIONS: dict[str, tuple[events.Reaction, ...]] = {
    "sms.opted_out": (identity.record_opt_out,),
    "kyc.level_changed": (excess.level_changed,),
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
)


def connect() -> None:
    """Register both tables, who answers while somebody waits, and where paybill meets prompts."""
    events.register(REACTIONS)
    inbox.register(*SOURCES)
    mpesa.validate_with(payments_in.may_pay)
    prompts.join(find=prompts_out.match_reference, record=_record_echo)


def _record_echo(deposit_id: UUID, *, receipt: str, amount_cents: int, at: datetime | None) -> bool:
    """Let a deposit book its echo; tell whether it was its own."""
    came_to = prompts_out.record_receipt(
        deposit_id, receipt=receipt, amount_cents=amount_cents, at=at
    )
    return came_to != prompts_out.ANOTHER_PAYMENT
