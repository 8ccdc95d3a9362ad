"""What goes wrong at the provider, with Redis, and with our float there."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisGone

from simulators.daraja import troubles
from simulators.daraja.bank import UTILITY
from tests.faults.machine.provider import FLOAT_CENTS, PAYOUT_SHORTCODE
from tests.faults.machine.world import World

_SECONDS = {"slow": (2, 8, 15), "callback_late": (30, 200, 1_000, 7_000, 30_000)}
# A prompt can't be silent for good where it must be answered in the end; see `answer_late`.
_FAULTS = tuple(
    (target, kind.name) for target, kinds in sorted(troubles.FAULTS.items()) for kind in kinds
)


def set_fault(world: World, chance: random.Random) -> None:
    """Let one kind of fault strike the next one to three times."""
    target, kind = chance.choice(_FAULTS)
    wanted: dict[str, object] = {
        "target": target,
        "kind": kind,
        "times": chance.randint(1, 3),
    }
    if kind in _SECONDS:
        wanted["seconds"] = chance.choice(_SECONDS[kind])
    if kind == "queue_timeout":
        wanted["carried_out"] = chance.randint(0, 1)
    if kind in ("error", "html"):
        wanted["status"] = chance.choice((500, 502, 503))
    world.provider.faults.add(wanted)


def turn_away(world: World) -> None:
    """Let the provider refuse the next question or return at the door: too many calls."""
    spike = {"target": troubles.QUESTION, "kind": "spike_arrest", "times": 1}
    world.provider.faults.add(spike)


def change_float(world: World, chance: random.Random) -> None:
    """Let our float for payouts be nearly empty, or full again."""
    is_low = chance.random() < 0.6
    set_float(world, 300_00 if is_low else FLOAT_CENTS)


def set_float(world: World, cents: int) -> None:
    """Let our float for payouts hold so much, and note what that was put in or taken out."""
    world.put_into_float += cents - world.provider.utility_cents()
    world.provider.bank.set_float(PAYOUT_SHORTCODE, UTILITY, cents=cents)


@contextmanager
def redis_away(world: World) -> Iterator[None]:
    """Let nobody reach Redis, nor the broker."""

    def refuse(*_: object, **__: object) -> None:
        raise RedisGone("Redis is away")

    world.bells.lose()
    world.bells.is_away = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AbstractConnection, "send_packed_command", refuse)
        yield
    world.bells.is_away = False
