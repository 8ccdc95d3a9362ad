"""Celery without a broker: what is rung for waits here until the driver lets a worker take it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from config.celery import app
from nannychain import queues


@dataclass
class Bells:
    """Tasks that were rung for. `is_away`: the broker takes nothing, and every ring is lost."""

    waiting: list[tuple[str, tuple[tuple[str, Any], ...]]] = field(default_factory=list)
    is_away: bool = False

    def ring(self, task: str, **arguments: Any) -> None:
        """Take a ring."""
        if not self.is_away:
            self.waiting.append((task, tuple(sorted(arguments.items()))))

    def take(self, chance: random.Random) -> tuple[str, dict[str, Any]] | None:
        """Take one off, whichever the seed picks; None where none waits."""
        if not self.waiting:
            return None
        task, arguments = self.waiting.pop(chance.randrange(len(self.waiting)))
        return task, dict(arguments)

    def lose(self) -> None:
        """Lose all that waits, as a broker does that is flushed."""
        self.waiting.clear()


def call(task: str, arguments: dict[str, Any]) -> None:
    """Run a task as a worker does."""
    app.tasks[task](**arguments)


class _Broker:
    def __init__(self, bells: Bells) -> None:
        self._bells = bells

    def send_task(self, task: str, *, kwargs: dict[str, Any], **_: Any) -> None:
        self._bells.ring(task, **kwargs)


@contextmanager
def rung(bells: Bells) -> Iterator[None]:
    """Let all rings go to the bells."""
    app.loader.import_default_modules()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queues, "current_app", _Broker(bells))
        patch.setattr(queues, "ring", bells.ring)
        yield
