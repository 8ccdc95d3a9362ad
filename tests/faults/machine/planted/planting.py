"""Planting a bug into this process: its source is another before it is imported; files stay.

Functions of the database are replaced in the machine's own database.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from django.db import connection

ROOT = Path(__file__).resolve().parents[4]
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

    def planted(self) -> str:
        """Return the source with the bug; raise NoLongerThere."""
        text = (ROOT / self.path).read_text()
        for before, after in self.edits:
            if text.count(before) != 1:
                raise NoLongerThere(f"{self.name}: {text.count(before)} times in {self.path}")
            text = text.replace(before, after)
        return text


def plant(bug: Bug) -> None:
    """Let the module of the bug be imported with it. It must not have been imported before."""
    if not bug.module:
        bug.planted()
        return
    if bug.module in sys.modules:
        raise RuntimeError(f"{bug.module} was imported too soon")
    sys.meta_path.insert(0, _Finder(bug))


class _Finder(MetaPathFinder):
    def __init__(self, bug: Bug) -> None:
        self._bug = bug

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module with the bug, where it is the one."""
        if name != self._bug.module:
            return None
        spec = PathFinder.find_spec(name, path, target)
        assert spec is not None
        assert spec.origin is not None
        spec.loader = _Loader(name, spec.origin, self._bug)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, bug: Bug) -> None:
        super().__init__(name, path)
        self._bug = bug

    def get_code(self, fullname: str) -> CodeType:
        """Compile the source with the bug; nothing of it is kept for other processes."""
        return compile(self._bug.planted(), self.path, "exec", dont_inherit=True)


def plant_in_database(bug: Bug) -> None:
    """Replace the functions of the database in which the bug is."""
    if bug.module:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (role,) = cursor.fetchone()
        cursor.execute("SET ROLE NONE")
        for statement in _changed_functions(bug):
            cursor.execute(statement)
        cursor.execute(f'SET ROLE "{role}"')


def _changed_functions(bug: Bug) -> Iterator[str]:
    before = {found[0] for found in _FUNCTION.finditer((ROOT / bug.path).read_text())}
    changed = [found[0] for found in _FUNCTION.finditer(bug.planted()) if found[0] not in before]
    if not changed:
        raise NoLongerThere(f"{bug.name}: in no function of {bug.path}")
    for statement in changed:
        yield re.sub(r"^CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", statement)
