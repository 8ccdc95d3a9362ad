"""Coming to rest: nothing goes wrong any more, and the clock goes on until nothing is due."""

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from django.db import connection, transaction

from nannychain.actors import Actor
from nannychain.approvals import services as approvals
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as Paybill
from payments.withdrawals import desk
from payments.withdrawals.models import Desk, Withdrawal
from payments.withdrawals.states import State
from simulators.daraja.pushes import PIN
from tests.faults.machine import troubles
from tests.faults.machine.provider import FLOAT_CENTS

if TYPE_CHECKING:
    from tests.faults.machine.history import History

ROUNDS_MAX = 400
PROVIDER, SMS = "the provider", "nannychain.notifications.sweep"
_DUE = f"""
    SELECT 'payments.deposits.sweep', min(due_at) FROM payments_deposit
    UNION ALL SELECT 'payments.withdrawals.sweep', min(due_at) FROM payments_withdrawal
    UNION ALL SELECT 'payments.paybill.sweep', min(due_at) FROM payments_paybillpayment
    UNION ALL SELECT 'nannychain.inbox.sweep', min(due_at) FROM nannychain_inboxmessage
        WHERE handled_at IS NULL
    UNION ALL SELECT 'nannychain.outbox.relay', min(due_at) FROM nannychain_outboxevent
        WHERE delivered_at IS NULL
    UNION ALL SELECT '{SMS}', min(due_at) FROM nannychain_sms WHERE state = 'QUEUED'
"""
_AT_LAST = ("wallets.ledger.roll_up", "payments.limits.release")
_INSTANT = timedelta(milliseconds=3)
_PULL_AFTER = timedelta(hours=6)
_ANSWERED_AFTER = 21  # seconds that a prompt stays on a phone, at the end of a history
# However far the next thing is away; what is due later than that is no part of a history.
_AHEAD_MAX = timedelta(days=5)
_ASKER = Actor(uuid5(NAMESPACE_URL, "asker"), "NW-ASKER")
_DECIDER = Actor(uuid5(NAMESPACE_URL, "decider"), "NW-DECIDER")


def settle(history: "History", *, seed: int) -> list[str]:
    """Let everything come to an end; return what doesn't."""
    world, chance = history.world, random.Random(f"settle {seed}")
    world.provider.mend()
    world.line.is_cut = world.bells.is_away = False
    world.line.garbles = 0
    world.points.disarm()
    troubles.set_float(world, FLOAT_CENTS)
    ends_at, pull_at = world.now() + _AHEAD_MAX, world.now()
    is_last_look = False
    for _ in range(ROUNDS_MAX):
        if world.now() >= pull_at:
            history.run_task("payments.paybill.pull_far_back", {})
            pull_at = world.now() + _PULL_AFTER
        for stopped in Desk.objects.filter(stopped_at__isnull=False):
            _open_desk(stopped)
        due = _due(history)
        if not (due or world.bells.waiting):
            if _staff(history):
                continue
            if not is_last_look:
                # M-Pesa's list is asked for by whole seconds: what was paid just now comes later.
                world.advance(timedelta(minutes=1))
                is_last_look, pull_at = True, world.now()
                continue
            for task in _AT_LAST:
                history.run_task(task, {})
            return []
        due_at = min(due.values(), default=world.now())
        if due_at > ends_at:
            return [f"settles: something is due only at {due_at}"]
        if due_at > world.now() and not world.bells.waiting:
            world.clock.move_to(due_at + _INSTANT)
        _round(history, chance, [task for task, at in due.items() if at <= world.now()])
    return ["settles: it never comes to rest"]


def _round(history: "History", chance: random.Random, tasks: list[str]) -> None:
    """Let everybody do what is due now."""
    if PROVIDER in tasks:
        _provider(history, chance)
    for task in tasks:
        if task != PROVIDER:
            history.run_task(task, {})
    while (rung := history.world.bells.take(chance)) is not None:
        history.run_task(*rung)


def _provider(history: "History", chance: random.Random) -> None:
    """Let people answer what is on their phones, and the provider tell what it has to."""
    world = history.world
    for prompt in world.provider.open_prompts():
        if world.seconds() >= prompt["created_at"] + _ANSWERED_AFTER and chance.random() < 0.7:
            world.provider.network.pushes.answer(
                phone=prompt["phone"], checkout_id=prompt["checkout_id"], pin=PIN
            )
    world.provider.network.pushes.look()
    for call in world.provider.due_calls(until=world.seconds()):
        history.as_process(world.provider.tell, call)


def _due(history: "History") -> dict[str, datetime]:
    """Return when there is something to do next, by the task that does it; empty for nothing."""
    world = history.world
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        found = {task: at for task, at in cursor.fetchall() if at is not None}
    calls_at = world.provider.next_call_at()
    opened_at = [prompt["created_at"] + _ANSWERED_AFTER for prompt in world.provider.open_prompts()]
    for seconds in ([] if calls_at is None else [calls_at], opened_at):
        if seconds:
            at = datetime.fromtimestamp(min(seconds), tz=UTC)
            found[PROVIDER] = min(at, found.get(PROVIDER, at))
    if not history.sends_sms:
        found.pop(SMS, None)
    return found


# Staff.


def _staff(history: "History") -> bool:
    """Let two members of staff decide what waits for them, by the provider's own list; tell
    whether there was anything.
    """
    did = [
        *(_decide_withdrawal(history, each) for each in _in_review()),
        *(_decide_payment(history, each) for each in _in_suspense()),
    ]
    return any(did)


def _in_review() -> list[Withdrawal]:
    return list(Withdrawal.objects.filter(state=State.NEEDS_REVIEW).order_by("pk"))


def _in_suspense() -> list[PaybillPayment]:
    states = (Paybill.SUSPENSE, Paybill.RETURNING)
    return list(PaybillPayment.objects.filter(state__in=states).order_by("pk"))


def _decide_withdrawal(history: "History", withdrawal: Withdrawal) -> bool:
    ids = set(withdrawal.attempts.values_list("originator_id", flat=True))
    paid = [p for p in history.world.provider.payouts() if p["originator_id"] in ids]
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
        return _decided(history, "paybill.give_back", "payments.paybillpayment", payment, {})
    payload = {"member": meant.worker_id}
    return _decided(history, "paybill.allot", "payments.paybillpayment", payment, payload)


def _decided(
    history: "History", kind: str, subject: str, thing: object, payload: dict[str, str]
) -> bool:
    asked = history.as_process(
        approvals.ask,
        kind,
        subject_type=subject,
        subject_id=thing.pk,  # type: ignore[attr-defined]
        payload=payload,
        by=_ASKER,
        reason="Looked at it",
    )
    if asked is not None:
        history.as_process(approvals.decide, asked.pk, by=_DECIDER, approve=True, reason="Me too")
    return True


def _open_desk(stopped: Desk) -> None:
    with transaction.atomic():
        desk.start(stopped.pk, reason="the credentials are right again")
