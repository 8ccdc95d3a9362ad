"""Moving data from one cluster to another, as the refusal of an old version advises."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from nannychain import embedded

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.processes


def _command(
    name: str, *, folder: Path, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nannychain.embedded", name],
        cwd=ROOT,
        env={**os.environ, "NANNYCHAIN_DATA": str(folder)},
        input=given,
        capture_output=True,
        text=True,
    )


def _cluster(folder: Path, *statements: str) -> embedded.Postgres:
    postgres = embedded.Postgres(folder, durable=False)
    postgres.start()
    with psycopg.connect(postgres.owner_url) as connection:
        for statement in statements:
            connection.execute(statement)
    postgres.stop()
    return postgres


def test_a_dump_can_be_loaded_over_a_new_database_with_all_rights(tmp_path):
    _cluster(
        tmp_path / "old",
        "CREATE TABLE note (id bigserial PRIMARY KEY, text text)",
        "INSERT INTO note (text) VALUES ('kept'), ('é')",
    )
    new = _cluster(tmp_path / "new", "CREATE TABLE note (id bigint, other text)")
    dump = _command("dump", folder=tmp_path / "old")
    assert dump.returncode == 0, dump.stderr
    load = _command("load", folder=tmp_path / "new", given=dump.stdout)
    assert (load.returncode, load.stdout) == (0, ""), load.stderr
    new.start()
    with psycopg.connect(new.app_url) as connection:
        connection.execute("INSERT INTO note (text) VALUES ('new')")
        rows = connection.execute("SELECT id, text FROM note ORDER BY id").fetchall()
    new.stop()
    assert rows == [(1, "kept"), (2, "é"), (3, "new")]


def test_a_broken_dump_changes_nothing(tmp_path):
    cluster = _cluster(tmp_path, "CREATE TABLE note AS SELECT 1 AS id")
    load = _command("load", folder=tmp_path, given="DROP TABLE note;\nSELECT 1/0;\n")
    assert load.returncode == 3
    assert "division by zero" in load.stderr
    cluster.start()
    with psycopg.connect(cluster.app_url) as connection:
        assert connection.execute("SELECT count(*) FROM note").fetchone() == (1,)
    cluster.stop()


def test_where_there_is_no_database_none_is_made(tmp_path):
    dump = _command("dump", folder=tmp_path / "nothing")
    assert (dump.returncode, dump.stdout) == (1, "")
    assert "There is no database" in dump.stderr
    assert not (tmp_path / "nothing").exists()


def test_an_unknown_command_is_refused(tmp_path):
    assert _command("drop", folder=tmp_path).returncode == 2
