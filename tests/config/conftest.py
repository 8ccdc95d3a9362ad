"""A backup of the tests' database, and a database to take it back into."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The name of an empty database."""
    from django.db import connections

    from tests.factories.scratch import scratch_database

    with scratch_database() as alias:
        yield str(connections[alias].settings_dict["NAME"])


@pytest.fixture
def made(transactional_db: None, tmp_path: Path) -> Path:
    """The folder of a backup, in which somebody has money."""
    from django.db import connection

    from tests.factories import backups, money

    money.member(12_345)
    folder = tmp_path / "backup"
    done = backups.manage("backup", str(folder), database=connection.settings_dict["NAME"])
    assert done.returncode == 0, done.stderr
    return folder
