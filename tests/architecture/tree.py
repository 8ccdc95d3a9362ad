"""The source tree as the checks see it: files, syntax trees and modules.

What the checks say stands in the test files beside this one.
"""

import ast
import importlib
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]

# From the ground up: a storey may use what stands before it in this list.
STOREYS = ("nannychain", "wallets", "workers", "payments", "ussd", "config")
PROGRAMS = ("simulators", "benchmarks")
_ABSENT = frozenset({"__pycache__", "node_modules", "staticfiles"})


def files(*folders: str, suffix: str = ".py") -> list[Path]:
    """Return the files of these folders of the project, migrations left out, in order."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob(f"*{suffix}")
        if "migrations" not in path.parts and not _ABSENT & set(path.parts)
    )


def product() -> list[Path]:
    """Return the Python files of all storeys."""
    return files(*STOREYS)


def python() -> list[Path]:
    """Return every Python file of the project: product, programs, tests, and those at the top."""
    return [*files(*STOREYS, *PROGRAMS, "tests", "requirements"), *sorted(ROOT.glob("*.py"))]


def tracked() -> list[Path]:
    """Return all files under version control; without git, all that don't begin with a dot."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        names = [name for name in listed.stdout.split("\0") if name]
        return [ROOT / name for name in names if (ROOT / name).is_file()]
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
        and not _ABSENT & set(path.parts)
    ]


def short(path: Path) -> str:
    """Return the path from the root of the project, for messages."""
    return path.relative_to(ROOT).as_posix()


@cache
def syntax(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a file."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def classes(path: Path) -> Iterator[ast.ClassDef]:
    """Yield every class of a file."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.ClassDef):
            yield node


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of what a file imports directly; `from a import b` is `a.b`."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def module_name(path: Path) -> str:
    """Return the dotted name of a product file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(file_name: str) -> list[ModuleType]:
    """Import and return every product module that has this file name, such as `states.py`."""
    paths = [path for path in product() if path.name == file_name]
    return [importlib.import_module(module_name(path)) for path in paths]


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function takes, decorators left out."""
    return (node.end_lineno or node.lineno) - node.lineno + 1
