"""What members of staff do: two decide what nobody could tell, by the provider's own list."""

import random
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction
from django.db.models import Model, Q

from nannychain.actors import Actor
from nannychain.approvals import services as approvals
from nannychain.approvals.models import ApprovalRequest
from nannychain.approvals.states import State as Approval
from payments.deposits import services as deposits
from payments.deposits.models import Deposit
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as Paybill
from payments.withdrawals import desk
from payments.withdrawals import services as withdrawals
from payments.withdrawals.models import Desk, Withdrawal
from payments.withdrawals.states import State
from tests.faults.machine import troubles

if TYPE_CHECKING:
    from tests.faults.machine.history import History

_ASKER = Actor(uuid5(NAMESPACE_URL, "asker"), "NW-ASKER")
_DECIDER = Actor(uuid5(NAMESPACE_URL, "decider"), "NW-DECIDER")


def decide_all(history: "History") -> bool:
    """Decide all that waits for two members of staff; tell whether there was anything."""
    did = [_decide_withdrawal(history, each) for each in _in_review()]
    return decide_payments(history) or bool(did)


def decide_payments(history: "History") -> bool:
    """Decide about payments in suspense; tell whether there were any."""
    return bool([_decide_payment(history, each) for each in _in_suspense()])


def open_desk(history: "History") -> None:
    """Let payouts go again, where they were stopped."""
    for stopped in Desk.objects.filter(stopped_at__isnull=False):
        history.as_process(_open, stopped.pk)


def _open(shortcode: str) -> None:
    with transaction.atomic():
        desk.start(shortcode, reason="the credentials are right again")


def ask_now(history: "History", chance: random.Random) -> None:
    """Have M-Pesa asked about something now."""
    model, act = chance.choice(((Deposit, deposits.ask_now), (Withdrawal, withdrawals.ask_now)))
    keys = list(model.objects.order_by("pk").values_list("pk", flat=True))  # type: ignore[attr-defined]
    if keys:
        history.notes.pressed += model is Deposit
        history.as_process(act, chance.choice(keys), by=_ASKER)


def _in_review() -> list[Withdrawal]:
    return list(Withdrawal.objects.filter(state=State.NEEDS_REVIEW).order_by("pk"))


def _in_suspense() -> list[PaybillPayment]:
    """Return what waits for two people; what is to be given back waits once M-Pesa was asked."""
    asked = Q(state=Paybill.RETURNING, return_asked_at__isnull=False)
    waiting = PaybillPayment.objects.filter(Q(state=Paybill.SUSPENSE) | asked)
    return list(waiting.order_by("pk"))


def _decide_withdrawal(history: "History", withdrawal: Withdrawal) -> bool:
    ids = set(withdrawal.attempts.values_list("originator_id", flat=True))
    paid = [p for p in history.world.provider.payouts() if p["originator_id"] in ids]
    for waiting in (payout for payout in paid if not (payout["code"] or payout["receipt"])):
        # M-Pesa still has it in its queue: nobody decides before that is over.
        history.world.provider.unqueue(waiting)
        return True
    receipt = next((payout["receipt"] for payout in paid if payout["receipt"]), "")
    payload = {"evidence": "M-Pesa's statement", **({"receipt": receipt} if receipt else {})}
    kind = "withdrawal.settle_as_paid" if receipt else "withdrawal.settle_as_not_paid"
    return _decided(history, kind, "payments.withdrawal", withdrawal, payload)


def _decide_payment(history: "History", payment: PaybillPayment) -> bool:
    if payment.state == Paybill.RETURNING:
        told = history.world.provider.bank.payment(payment.receipt)
        is_back = told is not None and told.is_reversed
        kind = f"paybill.settle_as_{'returned' if is_back else 'not_returned'}"
        evidence = {"evidence": "M-Pesa's statement"}
        return _decided(history, kind, "payments.paybillpayment", payment, evidence)
    meant = history.notes.meant_for.get(payment.receipt)
    if meant is None:
        _turn_away_one_in_three(history, payment)
        return _decided(history, "paybill.give_back", "payments.paybillpayment", payment, {})
    payload = {"member": meant.worker_id}
    return _decided(history, "paybill.allot", "payments.paybillpayment", payment, payload)


def _turn_away_one_in_three(history: "History", payment: PaybillPayment) -> None:
    """Let M-Pesa have no time, once, when it is asked to give a payment back."""
    turned_away = history.notes.turned_away
    if payment.pk.int % 3 == 0 and payment.receipt not in turned_away:
        turned_away.add(payment.receipt)
        troubles.turn_away(history.world)


def _decided(
    history: "History", kind: str, subject: str, thing: Model, payload: dict[str, str]
) -> bool:
    # Whoever asked may have died right after that: it waits, and nobody asks again.
    asked = ApprovalRequest.objects.filter(
        kind=kind, subject_id=str(thing.pk), state=Approval.ASKED
    ).first() or history.as_process(
        approvals.ask,
        kind,
        subject_type=subject,
        subject_id=thing.pk,
        payload=payload,
        by=_ASKER,
        reason="Looked at it",
    )
    if asked is not None:
        history.as_process(approvals.decide, asked.pk, by=_DECIDER, approve=True, reason="Me too")
    return True
