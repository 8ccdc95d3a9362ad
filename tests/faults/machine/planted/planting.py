"""Planting a bug into this process, and taking it out again. Files stay as they are.

Functions keep their names and get other code, so that whoever holds them has the bug too. Functions
of the database are replaced in the machine's own database.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from django.db import connection

ROOT = Path(__file__).resolve().parents[4]
# Tables that a module makes when it is imported, and that its functions read.
_TABLES = {"payments.mpesa.codes": "_BY_CODE"}
_FUNCTION = re.compile(
    r"^CREATE (?:OR REPLACE )?FUNCTION .*?(?:END \$\$;|^\$\$;)", re.DOTALL | re.MULTILINE
)


class NoLongerThere(Exception):
    """The text that a bug replaces is not in the code, or is there more than once."""


@dataclass(frozen=True)
class Bug:
    """A sabotage of the money code: in the file, each text becomes the other.

    `words` say what goes wrong.
    """

    name: str
    path: str
    words: str
    edits: tuple[tuple[str, str], ...]

    @property
    def module(self) -> str:
        """Return the module of the file; empty for one of SQL."""
        return "" if self.path.endswith(".sql") else self.path[:-3].replace("/", ".")

    @property
    def source(self) -> str:
        """Return the source without the bug."""
        return (ROOT / self.path).read_text()

    def planted(self) -> str:
        """Return the source with the bug; raise NoLongerThere."""
        text = self.source
        for before, after in self.edits:
            if text.count(before) != 1:
                raise NoLongerThere(f"{self.name}: {text.count(before)} times in {self.path}")
            text = text.replace(before, after)
        return text


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Let the product have the bug within the block; raise NoLongerThere where it can't."""
    if not bug.module:
        with _planted_in_database(bug):
            yield
    elif bug.module in _TABLES and not changed_functions(bug):
        with _planted_in_table(bug):
            yield
    else:
        with _planted_in_functions(bug):
            yield


@contextmanager
def _planted_in_functions(bug: Bug) -> Iterator[None]:
    changed = changed_functions(bug)
    if not changed:
        raise NoLongerThere(f"{bug.name}: in no function of {bug.path}")
    before = []
    for name, code in changed.items():
        function = _live(bug.module, name)
        before.append((function, function.__code__))
        function.__code__ = code
    try:
        yield
    finally:
        for function, code in before:
            function.__code__ = code


def changed_functions(bug: Bug) -> dict[str, CodeType]:
    """Return the code with the bug, by the qualified names of the functions that have it."""
    old, new = (
        dict(_functions(compile(text, bug.path, "exec", dont_inherit=True)))
        for text in (bug.source, bug.planted())
    )
    return {name: code for name, code in new.items() if _essence(code) != _essence(old[name])}


def _functions(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """Walk the functions of a module and of its classes, not those within functions."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            is_class = "__module__" in inner.co_names and "__qualname__" in inner.co_names
            if is_class:
                yield from _functions(inner)
            elif "<" not in inner.co_name:
                yield inner.co_qualname, inner


def _essence(code: CodeType) -> tuple[Any, ...]:
    """Return what a function does, wherever in the file it stands."""
    consts = tuple(
        _essence(each) if isinstance(each, CodeType) else (type(each), each)
        for each in code.co_consts
    )
    return code.co_code, consts, code.co_names, code.co_varnames


def _live(module: str, name: str) -> FunctionType:
    """Return the function of that name that the process uses, from under its decorators."""
    found: Any = import_module(module)
    for part in name.split("."):
        found = vars(found)[part] if isinstance(found, type) else getattr(found, part)
    found = found.fget if isinstance(found, property) else found
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    assert isinstance(found, FunctionType), f"{module}.{name} is no function"
    return found


@contextmanager
def _planted_in_table(bug: Bug) -> Iterator[None]:
    table = getattr(import_module(bug.module), _TABLES[bug.module])
    made: dict[str, Any] = {"__name__": bug.module}
    exec(compile(bug.planted(), bug.path, "exec", dont_inherit=True), made)  # noqa: S102
    before = dict(table)
    table.update(made[_TABLES[bug.module]])
    try:
        yield
    finally:
        table.clear()
        table.update(before)


@contextmanager
def _planted_in_database(bug: Bug) -> Iterator[None]:
    changed = changed_statements(bug)
    _as_owner([new for _, new in changed])
    try:
        yield
    finally:
        _as_owner([old for old, _ in changed])


def changed_statements(bug: Bug) -> list[tuple[str, str]]:
    """Return the functions of the database that have the bug, without and with it."""
    both = zip(_FUNCTION.findall(bug.source), _FUNCTION.findall(bug.planted()), strict=True)
    changed = [(_again(old), _again(new)) for old, new in both if old != new]
    if not changed:
        raise NoLongerThere(f"{bug.name}: in no function of {bug.path}")
    return changed


def _again(statement: str) -> str:
    return re.sub(r"^CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", statement)


def _as_owner(statements: list[str]) -> None:
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (role,) = cursor.fetchone()
        cursor.execute("SET ROLE NONE")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute(f'SET ROLE "{role}"')
