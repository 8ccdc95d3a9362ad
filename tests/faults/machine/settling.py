"""Coming to rest: nothing goes wrong any more, and the clock goes on until nothing is due."""

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection

from nannychain.notifications.sweep import CLAIM_MAX
from simulators.daraja.pushes import PIN
from tests.faults.machine import staff, troubles
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
    UNION ALL SELECT '{SMS}', min(claimed_at) + interval '{CLAIM_MAX.total_seconds()} s'
        FROM nannychain_sms WHERE state = 'CLAIMED'
"""
_AT_LAST = ("wallets.ledger.roll_up", "payments.limits.release")
_INSTANT = timedelta(milliseconds=3)
_PULL_AFTER = timedelta(hours=6)
_QUEUE_SECONDS = 7_200  # what waits so long in the provider's queue may be carried out
_STILL_MAX = 40  # rounds in which the clock doesn't have to move
_ANSWERED_AFTER = 21  # seconds that a prompt stays on a phone, at the end of a history
# However far the next thing is away; what is due later than that is no part of a history.
_AHEAD_MAX = timedelta(days=5)


def _pull(history: "History") -> None:
    """Ask for M-Pesa's list; once more where somebody dies at it, as beat does before long."""
    died_at = history.world.points.died_at
    while True:
        deaths = died_at.total()
        history.run_task("payments.paybill.pull_far_back", {})
        if died_at.total() == deaths:
            return


def settle(history: "History", *, seed: int) -> list[str]:
    """Let everything come to an end; return what doesn't."""
    world, chance = history.world, random.Random(f"settle {seed}")
    world.provider.mend()
    world.line.is_cut = world.bells.is_away = False
    world.line.garbles = 0
    world.points.disarm()
    troubles.set_float(world, FLOAT_CENTS)
    ends_at, pull_at = world.now() + _AHEAD_MAX, world.now()
    is_last_look, still = False, 0
    for _ in range(ROUNDS_MAX):
        if world.now() >= pull_at:
            _pull(history)
            pull_at = world.now() + _PULL_AFTER
        staff.open_desk(history)
        due = _due(history)
        if not (due or world.bells.waiting):
            if staff.decide_all(history):
                continue
            if not is_last_look:
                # M-Pesa's list is asked for by whole seconds: what was paid just now comes later.
                world.advance(timedelta(minutes=1))
                is_last_look, pull_at = True, world.now()
                continue
            world.points.ambushes.clear()  # nobody comes after these
            for task in _AT_LAST:
                history.run_task(task, {})
            return []
        due_at = min(due.values(), default=world.now())
        if due_at > ends_at:
            return [f"settles: something is due only at {due_at}"]
        still += 1
        if due_at > world.now() and not world.bells.waiting:
            world.clock.move_to(due_at + _INSTANT)
            still = 0
        if still > _STILL_MAX:
            return [f"settles: nobody does what is due: {', '.join(sorted(due))}"]
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
    for payout in world.provider.payouts():
        is_waiting = not (payout["code"] or payout["receipt"])
        if is_waiting and world.seconds() - payout["at"] > _QUEUE_SECONDS and chance.random() < 0.5:
            world.provider.unqueue(payout)
    for call in world.provider.due_calls(until=world.seconds()):
        history.as_process(world.provider.tell, call)


def _due(history: "History") -> dict[str, datetime]:
    """Return when there is something to do next, by the task that does it; empty for nothing."""
    world = history.world
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        found: dict[str, datetime] = {}
        for task, at in cursor.fetchall():
            if at is not None:
                found[task] = min(at, found.get(task, at))
    calls_at = world.provider.next_call_at()
    opened_at = [prompt["created_at"] + _ANSWERED_AFTER for prompt in world.provider.open_prompts()]
    for seconds in ([] if calls_at is None else [calls_at], opened_at):
        if seconds:
            at = datetime.fromtimestamp(min(seconds), tz=UTC)
            found[PROVIDER] = min(at, found.get(PROVIDER, at))
    if not history.sends_sms:
        found.pop(SMS, None)
    return found
