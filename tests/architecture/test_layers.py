"""Who may import whom. The contracts stand in `pyproject.toml`; here is what they can't say."""

import ast
import tomllib

from importlinter.application import use_cases
from importlinter.configuration import configure

from tests.architecture import tree

_PURE = ("services.py", "selectors.py", "postings.py", "states.py")
_FRONT_DOORS = ("rest_framework", "django.http", "celery")


def test_every_import_contract_is_kept(monkeypatch, capsys) -> None:
    monkeypatch.chdir(tree.ROOT)
    configure()
    passed = use_cases.lint_imports(is_debug_mode=False, cache_dir=None)
    assert passed is use_cases.SUCCESS, capsys.readouterr().out


def test_every_package_takes_part_in_the_contracts() -> None:
    settings = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())
    named = settings["tool"]["importlinter"]["root_packages"]
    packages = {path.parent.name for path in tree.ROOT.glob("*/__init__.py")}
    assert packages - {"tests"} == set(named)


def test_reading_and_writing_know_no_front_door() -> None:
    """Services, selectors, postings and states know neither HTTP nor Celery: they enqueue."""
    found = [
        f"{tree.short(path)}:{line} imports {name}"
        for path in tree.product()
        if path.name in _PURE
        for line, name in tree.imported(path)
        if any(name == door or name.startswith(f"{door}.") for door in _FRONT_DOORS)
    ]
    assert found == []


def test_no_import_hides_inside_a_function() -> None:
    found = [
        f"{tree.short(path)}:{inner.lineno} in {node.name}"
        for path in [*tree.product(), *tree.files(*tree.PROGRAMS)]
        for node in tree.functions(path)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert found == []
