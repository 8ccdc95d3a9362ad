"""Celery tasks: named, keyword-only, on the timetable or rung by somebody."""

import ast
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from config.celery import app
from config.schedule import SCHEDULE
from tests.architecture import tree

app.loader.import_default_modules()
TASKS: dict[str, Any] = {
    name: task for name, task in sorted(app.tasks.items()) if not name.startswith("celery.")
}
_RINGS = frozenset({"enqueue", "enqueue_after_commit"})


def _rung() -> Iterator[tuple[str, str, set[str]]]:
    """Yield place, task name and argument names of every call that enqueues a task by name."""
    for path in tree.product():
        for node in ast.walk(tree.syntax(path)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = ast.unparse(node.func).split(".")[-1]
            first = node.args[0]
            if called in _RINGS and isinstance(first, ast.Constant):
                place = f"{tree.short(path)}:{node.lineno}"
                yield place, str(first.value), {key.arg for key in node.keywords if key.arg}


def _arguments(name: str) -> list[inspect.Parameter]:
    return list(inspect.signature(TASKS[name].run).parameters.values())


@pytest.mark.parametrize("name", TASKS)
def test_a_task_takes_keywords_only_and_those_of_a_newer_version(name: str) -> None:
    *named, rest = _arguments(name)
    assert rest.kind is inspect.Parameter.VAR_KEYWORD, "a newer web process may send more"
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in named)


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_named_for_where_it_lives(name: str) -> None:
    run = TASKS[name].run
    assert name == f"{run.__module__.removesuffix('.tasks')}.{run.__name__}"


def test_every_task_is_on_the_timetable_or_rung() -> None:
    known = {entry.task for entry in SCHEDULE} | {name for _, name, _ in _rung()}
    assert set(TASKS) - known == set()


def test_the_timetable_names_tasks_that_exist_and_says_why() -> None:
    assert {entry.task for entry in SCHEDULE} - set(TASKS) == set()
    assert all(entry.every_seconds > 0 and len(entry.why) > 10 for entry in SCHEDULE)


def test_what_is_rung_exists_and_takes_what_it_is_given() -> None:
    wrong = []
    for place, name, given in _rung():
        if name not in TASKS:
            wrong.append(f"{place}: no task {name}")
            continue
        *named, _ = _arguments(name)
        if given != {parameter.name for parameter in named}:
            wrong.append(f"{place}: {name} takes {[parameter.name for parameter in named]}")
    assert wrong == []


def test_beat_does_nothing_but_ring() -> None:
    """Every entry can be run with no argument at all, twice or never."""
    needing = [entry.task for entry in SCHEDULE if len(_arguments(entry.task)) > 1]
    assert needing == []
