"""Where a process may die: at the end of each transaction, and around each call to the outside.

The places are not marked in the product. They are where it commits and where it calls, found while
it runs by hooks in Django's `atomic` and in the wire, and found without running it by `scan`, so
that a new place can't be left out.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.db import connection, transaction

from tests.faults.machine import places

ROOT = Path(__file__).resolve().parents[3]
# What a worker does with money, and how callbacks and events reach it.
_SCANNED = ("payments", "nannychain/inbox", "nannychain/outbox")
_NOT_WORK = ("admin.py", "migrations", "management")
_CLIENT = "client."
_CALLS_NOBODY = ("client.is_movable",)  # a question about an amount
_LOOKS_MAX = 100_000  # at whether a connection is gone: some seconds
AROUND_COMMIT = ("before commit", "after commit")
AROUND_CALL = ("before call", "after call")


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Points:
    """The fail points that are passed, and those at which the process is to die.

    `countdown` is how many points are still passed unharmed; None where nobody is to die.
    `ambushes` are points by name, each for once, however late it is passed. What happens there: the
    process ends, or (True) the database is gone.
    """

    countdown: int | None = None
    loses_database: bool = False
    is_lost_here: bool = False
    losses: int = 0
    ambushes: dict[str, bool] = field(default_factory=dict)
    passed: Counter[str] = field(default_factory=Counter)
    died_at: Counter[str] = field(default_factory=Counter)

    def arm(self, *, after: int, loses: bool = False) -> None:
        """Let the process die when it has passed so many points more."""
        self.countdown, self.loses_database = after, loses

    def disarm(self) -> bool:
        """Let nobody die; tell whether somebody was still to."""
        was_armed, self.countdown = self.countdown is not None, None
        return was_armed

    def reach(self, name: str) -> bool:
        """Pass a point; tell whether the process dies here."""
        self.passed[name] += 1
        if name in self.ambushes:
            self.is_lost_here = self.ambushes.pop(name)
            self.died_at[name] += 1
            return True
        if self.countdown is None:
            return False
        if self.countdown > 0:
            self.countdown -= 1
            return False
        self.countdown, self.is_lost_here = None, self.loses_database
        self.died_at[name] += 1
        return True

    def strike(self) -> None:
        """Die: by a crash, or by losing the database, upon which the next query fails."""
        if not self.is_lost_here:
            raise Crash
        self.losses += 1
        lose_database()


def lose_database() -> None:
    """Let the server end our connection, as in a restart; the product finds out by itself."""
    if connection.connection is None or connection.connection.closed:
        return
    process = connection.connection.info.backend_pid
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute("SELECT pg_terminate_backend(%s)", [process])
        # PostgreSQL's own way to wait looks ten times a second. It is gone from this view once
        # its transaction is rolled back and its locks are free.
        for _ in range(_LOOKS_MAX):
            cursor.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [process])
            if cursor.fetchone() is None:
                return
    raise TimeoutError(process)


@contextmanager
def watched(points: Points) -> Iterator[None]:
    """Let every end of a transaction be a point that is passed."""
    leave = transaction.Atomic.__exit__

    def exit_(self: Any, kind: Any, error: Any, trace: Any) -> None:
        is_outermost = not transaction.get_connection(self.using).savepoint_ids
        if kind is not None or not is_outermost:
            return leave(self, kind, error, trace)
        place = name_of(sys._getframe(1))
        if points.reach(f"{place}: before commit"):
            _die_before_commit(self, points, leave)
        leave(self, None, None, None)
        if points.reach(f"{place}: after commit"):
            points.strike()
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction.Atomic, "__exit__", exit_)
        yield


def _die_before_commit(atomic: Any, points: Points, leave: Any) -> None:
    try:
        points.strike()
    except Crash as crash:
        leave(atomic, Crash, crash, None)
        raise


def name_of(frame: FrameType) -> str:
    """Return the dotted name of the function that a frame runs."""
    return f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_name}"


def caller_of_client() -> str:
    """Return the name of the function of ours that calls a provider, from within the call."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        is_wire = module.startswith(("payments.mpesa", "nannychain.http"))
        if module.startswith(("payments.", "nannychain.notifications")) and not is_wire:
            return name_of(frame)
        frame = frame.f_back
    return "outside"


def scan(root: Path = ROOT) -> set[str]:
    """Return all fail points that stand in the code of the product: `module.function: where`."""
    return {point for folder in _SCANNED for path in _files(root / folder)
            for point in _in_file(path, root)}  # fmt: skip


@cache
def to_be_reached() -> tuple[str, ...]:
    """Return the points at which somebody has to have died once enough histories were told."""
    return tuple(sorted(point for point in scan() if point.split(":")[0] in places.REACHED))


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if not any(part in _NOT_WORK for part in path.parts)
    ]


def _in_file(path: Path, root: Path) -> Iterator[str]:
    module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    tree = ast.parse(path.read_text())
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in _own_nodes(function):
            wheres = ()
            if isinstance(node, ast.With) and any(_is_atomic(item) for item in node.items):
                wheres = AROUND_COMMIT
            elif isinstance(node, ast.Call) and _is_call(ast.unparse(node.func)):
                wheres = AROUND_CALL
            yield from (f"{module}.{function.name}: {where}" for where in wheres)


def _is_call(function: str) -> bool:
    return function.startswith(_CLIENT) and function not in _CALLS_NOBODY


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Walk what belongs to a function, and not to one within it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef):
            continue
        yield node
        waiting += ast.iter_child_nodes(node)


def _is_atomic(item: ast.withitem) -> bool:
    return ast.unparse(item.context_expr).endswith("atomic()")
