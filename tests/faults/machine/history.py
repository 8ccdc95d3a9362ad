"""What may happen, step by step. Each step has a seed of its own, so that a history can be
shortened and its other steps still do what they did.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from tests.faults.machine import asking, bells, hostile, paying, staff, stage, troubles
from tests.faults.machine.points import Crash, to_be_reached
from tests.faults.machine.world import World

LENGTH = 40
# How often each kind of step comes; whoever adds one adds a method below.
WEIGHTS = {
    "deposit": 10,
    "answer": 12,
    "answer_late": 2,
    "withdraw": 10,
    "send": 5,
    "paybill": 6,
    "payday": 1,
    "cancel": 3,
    "work": 14,
    "beat": 8,
    "tell": 12,
    "tell_twice": 3,
    "crash": 12,
    "ambush": 10,
    "fault": 12,
    "wait": 10,
    "jump": 2,
    "mend": 1,
    "lie": 4,
    "forge": 8,
    "lose_redis": 1,
    "redis_away": 1,
    "lose_rings": 2,
    "float": 2,
    "credentials": 2,
    "cut": 1,
    "garble": 3,
    "unqueue": 3,
    "decide": 3,
    "ask_now": 2,
    "desk": 1,
}
# What beat rings for while money moves; the rest of the timetable moves none.
BEAT = (
    "payments.deposits.sweep",
    "payments.withdrawals.sweep",
    "payments.paybill.sweep",
    "nannychain.inbox.sweep",
    "nannychain.outbox.relay",
)
_RARELY = ("payments.paybill.pull", "wallets.ledger.roll_up", "payments.limits.release")
_SMS = ("nannychain.notifications.sweep", "nannychain.notifications.send")
_OF_MONEY = ("payments.", "nannychain.", "wallets.ledger.")
_INSTANT = timedelta(milliseconds=7)
_LOST = (OperationalError, InterfaceError)


@dataclass(frozen=True)
class Step:
    """One thing that happens; whatever it draws follows from its seed."""

    kind: str
    seed: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.seed}"


def written(seed: int, *, length: int = LENGTH) -> list[Step]:
    """Return the history that a seed tells."""
    chance = random.Random(f"history {seed}")
    kinds = chance.choices(list(WEIGHTS), weights=list(WEIGHTS.values()), k=length)
    first = ["payday", "work", "tell", "work"]
    return [Step(kind, chance.randrange(10**6)) for kind in (*first, *kinds)]


@dataclass
class History:
    """A history as it happens, and what the driver has noted of it.

    `sends_sms`: whether SMS go out to the phones; sending has histories of its own elsewhere, and
    takes a third of the time. `gets_statements`: whether M-Pesa's statements are handed in
    after it.
    """

    world: World
    sends_sms: bool = False
    gets_statements: bool = False
    notes: paying.Notes = field(default_factory=paying.Notes)
    oddities: list[str] = field(default_factory=list)

    def take(self, step: Step) -> None:
        """Let one step happen."""
        chance = random.Random(f"step {step.seed}")
        act: Callable[[random.Random], None] = getattr(self, step.kind)
        act(chance)
        self.world.advance(_INSTANT)

    # What a process does, and how it ends.

    def as_process(self, act: Callable[..., Any], *values: Any, **named: Any) -> Any:
        """Let a process do something, which it may not survive; return what came of it."""
        losses = self.world.points.losses
        try:
            return act(*values, **named)
        except Crash:
            if self.world.points.losses == losses:
                stage.end_session()
        except _LOST:
            if self.world.points.losses == losses:
                raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the history has found it
            self.oddities.append(f"{getattr(act, '__name__', act)}{values}: {error!r}")
            connection.close()
        finally:
            if self.world.points.losses != losses:
                connection.close()  # whoever comes next connects anew
            self.world.advance(_INSTANT)
        return None

    def run_task(self, task: str, arguments: dict[str, Any]) -> None:
        """Let a worker run one task."""
        if (task in _SMS and not self.sends_sms) or not task.startswith(_OF_MONEY):
            return
        self.as_process(bells.call, task, arguments)

    # People.

    def deposit(self, chance: random.Random) -> None:
        """Somebody asks for a prompt."""
        asking.deposit(self, chance)

    def withdraw(self, chance: random.Random) -> None:
        """Somebody takes money out."""
        asking.withdraw(self, chance)

    def send(self, chance: random.Random) -> None:
        """Somebody sends money to another member."""
        asking.send(self, chance)

    def cancel(self, chance: random.Random) -> None:
        """Somebody no longer wants her deposit."""
        asking.cancel(self, chance)

    def paybill(self, chance: random.Random) -> None:
        """Somebody pays to our paybill number."""
        paying.pay(self, chance)

    def payday(self, chance: random.Random) -> None:
        """Many are paid, and many take it out, at once."""
        for person in self.world.people:
            paying.pay_wage(self, person, chance)
        for _ in range(chance.randint(0, 3)):
            asking.withdraw(self, chance)

    def answer(self, chance: random.Random) -> None:
        """People answer the prompts on their phones, or don't."""
        paying.answer_prompts(self, chance)

    def answer_late(self, chance: random.Random) -> None:
        """A prompt that was called over is paid all the same."""
        paying.answer_late(self, chance)

    # Workers.

    def work(self, chance: random.Random) -> None:
        """Workers take some of what was rung for."""
        for _ in range(chance.randint(1, 8)):
            rung = self.world.bells.take(chance)
            if rung is None:
                return
            self.run_task(*rung)

    def beat(self, chance: random.Random) -> None:
        """Beat rings, and workers follow."""
        for task in chance.sample(BEAT, k=chance.randint(2, len(BEAT))):
            self.run_task(task, {})
        if chance.random() < 0.2:
            self.run_task(chance.choice(_RARELY), {})
        if self.sends_sms and chance.random() < 0.3:
            self.run_task(_SMS[0], {})
        self.work(chance)

    def crash(self, chance: random.Random) -> None:
        """A worker, or the database under it, goes down somewhere in its work."""
        points = self.world.points
        acts = [self.work, self.beat, self.tell, self.withdraw, self.deposit, self.send]
        acts += [self.work, self.beat, self.cancel, self.decide, self.ask_now, self.desk]
        chance.shuffle(acts)
        points.arm(after=chance.choice((0, 0, 0, 1, 1, 2, 3, 4)), loses=chance.random() < 0.25)
        for act in acts[:6]:
            act(chance)
            if points.countdown is None:
                break  # it has died
        points.disarm()

    def ambush(self, chance: random.Random) -> None:
        """Whoever comes to this place next dies there, now or when all else has come to rest."""
        self.world.points.ambushes[chance.choice(to_be_reached())] = chance.random() < 0.25

    # The provider.

    def tell(self, chance: random.Random) -> None:
        """The provider tells what is due, in any order; not always all of it."""
        self.world.provider.network.pushes.look()
        calls = self.world.provider.due_calls(until=self.world.seconds())
        chance.shuffle(calls)
        for call in calls[: chance.randint(1, 8)]:
            self.as_process(self.world.provider.tell, call)

    def tell_twice(self, chance: random.Random) -> None:
        """The provider tells something, and then again, and then late."""
        calls = self.world.provider.due_calls(until=self.world.seconds())
        for call in chance.sample(calls, k=min(len(calls), 2)):
            for _ in range(chance.randint(1, 2)):
                self.as_process(hostile.post, self.world, call.url, call.body)
            if chance.random() < 0.5:
                self.as_process(self.world.provider.tell, call)

    def lie(self, chance: random.Random) -> None:
        """The provider says of a payout that it failed, which it did not."""
        hostile.lie(self, chance)

    def forge(self, chance: random.Random) -> None:
        """Somebody posts what is not so."""
        hostile.forge(self, chance)

    # Troubles.

    def fault(self, chance: random.Random) -> None:
        """Something begins to go wrong at the provider."""
        troubles.set_fault(self.world, chance)

    def mend(self, _: random.Random) -> None:
        """All is well at the provider."""
        self.world.provider.mend()

    def cut(self, chance: random.Random) -> None:
        """The line to the providers is cut for a while."""
        self.world.line.is_cut = True
        chance.choice((self.work, self.beat))(chance)
        self.world.line.is_cut = False

    def garble(self, chance: random.Random) -> None:
        """A gateway's page comes in place of an answer, though the request was carried out."""
        self.world.line.garbles = chance.randint(1, 2)

    def unqueue(self, _: random.Random) -> None:
        """What waited in the provider's queue is carried out after all."""
        for payout in self.world.provider.payouts():
            if not (payout["code"] or payout["receipt"]):
                self.world.provider.unqueue(payout)

    # Staff.

    def decide(self, _: random.Random) -> None:
        """Two members of staff allot payments in suspense, or have them given back."""
        staff.decide_payments(self)

    def ask_now(self, chance: random.Random) -> None:
        """Somebody of the staff has M-Pesa asked."""
        staff.ask_now(self, chance)

    def desk(self, _: random.Random) -> None:
        """Somebody of the staff lets payouts go again."""
        staff.open_desk(self)

    def lose_redis(self, _: random.Random) -> None:
        """Redis forgets, and with it the broker."""
        stage.lose_redis()
        self.world.bells.lose()

    def redis_away(self, chance: random.Random) -> None:
        """Redis is away for a while."""
        with troubles.redis_away(self.world):
            chance.choice((self.work, self.deposit, self.withdraw, self.beat))(chance)
            self.work(chance)

    def lose_rings(self, _: random.Random) -> None:
        """All rings are lost: only sweeps find what waits."""
        self.world.bells.lose()

    def float(self, chance: random.Random) -> None:
        """The float runs low, or is filled up."""
        troubles.change_float(self.world, chance)

    def credentials(self, chance: random.Random) -> None:
        """The provider does not take our credentials any more, or takes them again."""
        self.world.provider.knows_us = chance.random() < 0.4

    def wait(self, chance: random.Random) -> None:
        """Time passes: seconds or minutes."""
        self.world.advance(timedelta(seconds=chance.choice((1, 2, 5, 16, 31, 61, 95, 130, 310))))

    def jump(self, chance: random.Random) -> None:
        """The clock jumps: hours ahead, or a little back."""
        minutes = chance.choice((-3, -1, 20, 61, 200, 600))
        self.world.advance(timedelta(minutes=minutes))
        if minutes > 100:
            self.run_task("payments.paybill.pull_far_back", {})

    @property
    def instant(self) -> datetime:
        """Return the simulated instant."""
        return self.world.now()
