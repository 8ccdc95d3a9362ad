"""The commands that people run on a database of the tests' server, as its owner."""

import os
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.architecture import tree


def address(database: str) -> str:
    """Return where a database of the tests' server is."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def manage(*words: str, database: str, **settings: str) -> Any:
    """Run a command on a database."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=tree.ROOT,
        env={**os.environ, "DATABASE_URL": address(database), **settings},
        capture_output=True,
        text=True,
        timeout=100,
    )


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    """Return what a query finds there."""
    with psycopg.connect(address(database)) as connection:
        return connection.execute(query.encode()).fetchall()
