"""Where deposits and the paybill meet: M-Pesa tells of one prompt on both rails.

Each rail is blind to the other. Whoever locks both rows locks the deposit first.
"""

from datetime import datetime
from uuid import UUID

from payments.deposits import contests, echoes
from payments.deposits import outcomes as deposits
from payments.deposits.contests import Claim, Verdict
from payments.paybill import echoes as paybill
from payments.paybill import prompts
from payments.paybill.states import State

_NOT_ITS = (echoes.ANOTHER_PAYMENT, deposits.OTHERS_RECEIPT)


def connect() -> None:
    """Let each know what it has to know of the other."""
    prompts.join(
        prompts.Prompts(
            find=echoes.match_reference, near=echoes.near, hold=echoes.hold, record=record
        )
    )
    contests.join(judge)


def record(deposit_id: UUID, *, receipt: str, amount_cents: int, at: datetime | None) -> bool:
    """Let a deposit book its echo; tell whether it was its own."""
    came_to = echoes.record_receipt(deposit_id, receipt=receipt, amount_cents=amount_cents, at=at)
    return came_to not in _NOT_ITS


def judge(claim: Claim) -> Verdict | None:
    """Say what becomes of a receipt that a payment to the paybill had first."""
    payment = paybill.give_up(
        claim.receipt,
        deposit_id=claim.deposit_id,
        amount_cents=claim.amount_cents,
        reference=claim.reference,
    )
    if payment is None:
        return None
    if payment.state == State.ECHO and payment.deposit_id == claim.deposit_id:
        return Verdict.OURS
    same = (payment.member_id, payment.amount_cents) == (claim.member_id, claim.amount_cents)
    return Verdict.HERS if same and payment.state == State.CREDITED else Verdict.OTHERS
