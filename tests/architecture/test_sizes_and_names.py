"""How long things may be, and what they may not be called."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture import tree

FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 400
_JUNK_DRAWERS = frozenset({"util", "utils", "helper", "helpers", "common", "misc"})
_VAGUE_CLASS = re.compile(r"(Manager|Helper|Helpers|Util|Utils)$")
# Written so that this line is not what it looks for.
_UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b|raise NotImplemented[E]rror")


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{tree.short(path)}:{node.lineno} {node.name}: {tree.function_lines(node)} lines"
        for path in tree.python()
        for node in tree.functions(path)
        if tree.function_lines(node) > FUNCTION_LINES_MAX
    ]
    assert long == []


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    lengths = {path: path.read_text().count("\n") for path in tree.python()}
    long = [f"{tree.short(path)}: {n}" for path, n in lengths.items() if n > FILE_LINES_MAX]
    assert long == []


def test_no_file_or_folder_is_a_junk_drawer() -> None:
    named = [tree.short(path) for path in tree.tracked() if _JUNK_DRAWERS & set(_words(path))]
    assert named == []


def _words(path: Path) -> list[str]:
    return [Path(part).stem for part in path.relative_to(tree.ROOT).parts]


def test_no_class_is_named_for_managing_or_helping() -> None:
    """Django's own word for the object that makes querysets is the one exception."""
    vague = [
        f"{tree.short(path)}:{node.lineno} {node.name}"
        for path in tree.python()
        for node in tree.classes(path)
        if _VAGUE_CLASS.search(node.name) and not _is_django_manager(node)
    ]
    assert vague == []


def _is_django_manager(node: ast.ClassDef) -> bool:
    bases = [ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases]
    return bool({"Manager", "BaseUserManager", "UserManager"} & set(bases))


@pytest.mark.parametrize("kind", ["module", "class", "function"])
def test_everything_public_says_what_it_is_for(kind: str) -> None:
    silent = [
        f"{tree.short(path)}:{getattr(node, 'lineno', 1)} {getattr(node, 'name', '')}"
        for path in [*tree.product(), *tree.files(*tree.PROGRAMS)]
        for node in _public(tree.syntax(path), kind)
        if path.read_text().strip() and not ast.get_docstring(node)
    ]
    assert silent == []


def _public(module: ast.Module, kind: str) -> list[ast.Module | ast.ClassDef | ast.FunctionDef]:
    """Return what can be called by name from outside: not what is private, nested or dunder."""
    if kind == "module":
        return [module]
    of_kind = ast.ClassDef if kind == "class" else ast.FunctionDef
    owners = [module, *(node for node in module.body if isinstance(node, ast.ClassDef))]
    return [
        node
        for owner in owners
        if not getattr(owner, "name", "").startswith("_")
        for node in owner.body
        if isinstance(node, of_kind) and not node.name.startswith("_") and node.name != "Meta"
    ]


def test_nothing_is_left_for_later() -> None:
    left = [
        f"{tree.short(path)}:{number} {line.strip()}"
        for path in tree.python()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if _UNFINISHED.search(line)
    ]
    assert left == []
