"""No module that nobody uses, and no second way to do what has one place."""

import ast
import re
from functools import cache
from pathlib import Path

import grimp
import pytest

from tests.architecture import tree

# What Django, Celery, gunicorn or a command line finds by its name alone.
_FOUND_BY_NAME = re.compile(
    r"(^|\.)(apps|models|admin|tasks|formats|wsgi|asgi|__main__)$"
    r"|\.commands\.\w+$|\.settings\.\w+$|^config\.gunicorn$|^nannychain\.supervisor\.\w+$"
)
# Built before whoever needs it; a line goes when its module is used.
_AHEAD_OF_USE: set[str] = set()
# Where the environment is read, or handed on to a child: everything else asks `config.env`.
_ENVIRONMENT = re.compile(r"os\.(environ|getenv)")
_MAY_READ_ENVIRONMENT = (
    "config/env.py",
    "config/wsgi.py",
    "config/celery.py",
    "config/gunicorn.py",
    "nannychain/embedded/",
    "nannychain/supervisor/",
)


def _text_constants(path: Path) -> set[str]:
    return {
        node.value
        for node in ast.walk(tree.syntax(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@cache
def _named_in_texts() -> set[str]:
    """Return all dotted names that stand in texts, as middleware and settings do, with parents."""
    found = set()
    for path in [*tree.product(), tree.ROOT / "manage.py"]:
        for text in _text_constants(path):
            parts = text.split(".")
            found |= {".".join(parts[:count]) for count in range(2, len(parts) + 1)}
    return found


def test_every_module_is_used() -> None:
    present = [storey for storey in tree.STOREYS if (tree.ROOT / storey).is_dir()]
    graph = grimp.build_graph(*present, cache_dir=None)
    unused = {
        module
        for module in graph.modules
        if not graph.find_children(module)
        and "migrations" not in module
        and not graph.find_modules_that_directly_import(module)
        and not _FOUND_BY_NAME.search(module)
        and module not in _named_in_texts()
        and f"{module.rsplit('.')[-1]}.py" not in _named_in_texts()
        and not _is_package(module)
    }
    assert unused == _AHEAD_OF_USE


def _is_package(module: str) -> bool:
    return (tree.ROOT / module.replace(".", "/") / "__init__.py").exists()


def test_the_environment_is_read_in_one_place() -> None:
    elsewhere = [
        f"{tree.short(path)}:{node.lineno}"
        for path in tree.product()
        if not tree.short(path).startswith(_MAY_READ_ENVIRONMENT)
        for node in ast.walk(tree.syntax(path))
        if isinstance(node, ast.Attribute) and _ENVIRONMENT.fullmatch(ast.unparse(node))
    ]
    assert elsewhere == []


def test_a_state_changes_by_a_move_only() -> None:
    """Nobody assigns to `.state`, updates it by a query or writes it by SQL, but the machine."""
    changed = [
        f"{tree.short(path)}:{node.lineno}"
        for path in tree.product()
        if tree.short(path) != "nannychain/states/machine.py"
        for node in ast.walk(tree.syntax(path))
        if _changes_state(node)
    ]
    assert changed == []


def _changes_state(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets=targets):
            return any(isinstance(t, ast.Attribute) and t.attr == "state" for t in targets)
        case ast.Call(func=ast.Attribute(attr="update"), keywords=keywords):
            return any(keyword.arg == "state" for keyword in keywords)
        case ast.Constant(value=str(text)):
            return bool(re.search(r"\bSET\b[^;]*\bstate\s*=", text))
        case _:
            return False


@pytest.mark.parametrize(
    "source",
    ["sms.state = 'SENT'", "rows.update(state='SENT')", "RAW = 'UPDATE t SET state = 1'"],
)
def test_the_check_of_states_sees_every_way_to_change_one(source: str) -> None:
    assert any(_changes_state(node) for node in ast.walk(ast.parse(source)))
