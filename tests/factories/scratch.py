"""An empty database beside the one of the tests, for migrations to walk through."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

_ALIAS = "scratch"


@contextmanager
def scratch_database() -> Iterator[str]:
    """Make it, give its alias, and remove it; its tables are owned by who owns the tests'."""
    base = connections["default"]
    name = f"{base.settings_dict['NAME']}_scratch"
    with base._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    connections.settings[_ALIAS] = {**base.settings_dict, "NAME": name}
    try:
        yield _ALIAS
    finally:
        connections[_ALIAS].close()
        del connections[_ALIAS]
        del connections.settings[_ALIAS]
        with base._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}"')
