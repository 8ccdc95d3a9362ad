"""The machine put together: clock, provider, line, bells, fail points, people."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from django.test import override_settings

from nannychain import breaker
from payments.mpesa import access
from tests.faults.machine import people, stage
from tests.faults.machine.bells import Bells, rung
from tests.faults.machine.people import Person
from tests.faults.machine.points import Points, watched
from tests.faults.machine.provider import Provider
from tests.faults.machine.seeding import seeded
from tests.faults.machine.wire import Line, laid
from workers.identity.pins import hashing

# A Tuesday morning in Nairobi; every history begins then.
BEGINS = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
_NETWORK = ip_network("196.201.214.0/24")
# Nobody guesses PINs here: the least that Argon2 takes, in place of 25 milliseconds each.
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_NOBODYS = _QUICK.hash("nobody's")


@dataclass
class World:
    """What a history happens in."""

    provider: Provider
    points: Points
    bells: Bells
    line: Line
    clock: Any
    people: list[Person]
    wiper: Any = field(repr=False)
    put_into_float: int = 0

    def now(self) -> datetime:
        """Return the simulated instant."""
        return datetime.now(tz=UTC)

    def seconds(self) -> float:
        """Return it in seconds of the epoch."""
        return time.time()

    def advance(self, span: timedelta) -> None:
        """Let time pass, or jump back."""
        self.clock.shift(span)

    def begin(self) -> None:
        """Make everything as it is before a history."""
        self.clock.move_to(BEGINS)
        self.provider.reset()
        self.bells.lose()
        self.bells.is_away = False
        self.line.is_cut, self.line.garbles = False, 0
        self.put_into_float = 0
        self.points.disarm()
        self.points.ambushes.clear()
        access._own.clear()
        self.wiper.wipe()


@contextmanager
def made() -> Iterator[World]:
    """Make the world in a clone of the connected database, which is dropped at the end."""
    points, bells = Points(), Bells()
    logging.disable(logging.CRITICAL)
    with ExitStack() as stack:
        stack.callback(logging.disable, logging.NOTSET)
        stack.enter_context(stage.own_database(f"machine_{os.getpid()}"))
        clock = stack.enter_context(time_machine.travel(BEGINS, tick=False))
        with seeded("people"):
            provider = Provider()
            line = Line(provider.app, points, time.time)
            settings = {**provider.account, "MPESA_CALLBACK_IPS": (_NETWORK,)}
            stack.enter_context(override_settings(**settings))
            stack.enter_context(rung(bells))
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(hashing, "_HASHER", _QUICK)
            patch.setattr(hashing, "_nobodys", lambda: _NOBODYS)
            cast = people.make()
        patch.setattr(time, "sleep", clock.shift)
        patch.setattr(breaker, "_begin", lambda look: look())  # one thread tells a history
        stack.enter_context(laid(line))
        stack.enter_context(watched(points))
        yield World(provider, points, bells, line, clock, cast, stage.Wiper())
