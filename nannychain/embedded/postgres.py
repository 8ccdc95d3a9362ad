"""PostgreSQL on one folder: how it is started, found again after a crash, and stopped."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import time
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from nannychain.embedded import binaries, cluster, processes, roles
from nannychain.embedded.errors import AlreadyRunning, EmbeddedError
from nannychain.embedded.folders import disk_errors, read_private
from nannychain.embedded.identity import Identity
from nannychain.embedded.places import Place, choose, forget, recorded
from nannychain.embedded.processes import Record
from nannychain.embedded.server import HOST, Server

_ALWAYS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "log_timezone": "UTC",
    "timezone": "UTC",
    # Logs tell what is wrong with the server, never what is in the tables.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m [%p] ",
}
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_ORPHAN_SECONDS = 3
_MIB = 1024 * 1024
_GIB = 1024 * _MIB
_BUFFERS_MIN, _BUFFERS_MAX = 128 * _MIB, 1024 * _MIB
_AHEAD_MIN, _AHEAD_MAX = 1 * _GIB, 8 * _GIB
_CONTAINERS_LIMIT = Path("/sys/fs/cgroup/memory.max")


def _memory() -> int:
    """Return how many bytes of memory there are for us: the machine's, or the container's."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        return min(machine, int(_CONTAINERS_LIMIT.read_text()))
    return machine


def _buffers(memory: int) -> int:
    """Return how much of so much memory holds pages of the database, in MiB.

    PostgreSQL advises a quarter where it is alone. Here it shares with all else: an eighth. What
    isn't needed is never touched, so it takes no memory.
    https://www.postgresql.org/docs/18/runtime-config-resource.html#GUC-SHARED-BUFFERS
    """
    return min(max(memory // 8, _BUFFERS_MIN), _BUFFERS_MAX) // _MIB


def _write_ahead(free: int) -> int:
    """Return how much may be written ahead between two checkpoints, in MiB, with so much disk free.

    After a checkpoint the first change of each page writes the whole page ahead. Entries of a
    ledger's indexes come to pages at random, so with PostgreSQL's gigabyte most that a busy hour
    writes would be such pages. Checkpoints come every five minutes all the same; after a crash,
    what was written since is gone through again.
    https://www.postgresql.org/docs/18/wal-configuration.html
    """
    return min(max(free // 8, _AHEAD_MIN), _AHEAD_MAX) // _MIB


class Postgres(Server):
    """One cluster with a database, its owner role and an application role with less.

    `identity` forces how it runs (for tests); by itself it takes the best that works here.
    """

    name: ClassVar[str] = "postgres"
    title: ClassVar[str] = "PostgreSQL"
    polite: ClassVar[signal.Signals] = signal.SIGINT  # "fast": ends the sessions, then itself
    harsh: ClassVar[signal.Signals] = signal.SIGQUIT

    def __init__(self, directory: Path, *, durable: bool, identity: Identity | None = None) -> None:
        super().__init__(directory, durable=durable)
        self._forced = identity
        self._place: Place | None = None

    @property
    def owner_url(self) -> str:
        """Return the database as its owner: for migrations, and to make databases of one's own."""
        return self._url(roles.OWNER)

    @property
    def app_url(self) -> str:
        """Return the database as the application sees it: rows only, no tables, no TRUNCATE."""
        return self._url(roles.APPLICATION)

    @property
    def superuser_url(self) -> str:
        """Return the cluster as PostgreSQL's superuser, for tests of what the others may not."""
        return self._url(roles.SUPERUSER, database="postgres")

    @property
    def outside(self) -> Path | None:
        """Return the folder outside `directory` that it needs here, if any."""
        return self._place.outside if self._place else None

    def stop(self, *, timeout_seconds: float = 10) -> None:
        """End the server; a throw-away one also forgets what it kept outside."""
        super().stop(timeout_seconds=timeout_seconds)
        if not self.durable and self.outside:
            forget(self.outside)
            self._place = None

    def program(self, name: str) -> Path:
        """Return one of PostgreSQL's client programs (psql, pg_dump)."""
        return binaries.postgres_programs(binaries.postgres_root()) / name

    def _new_state(self) -> dict[str, Any]:
        return {
            "port": 0,
            "passwords": {role: secrets.token_hex(24) for role in roles.ALL},
        }

    def _prepare(self) -> None:
        is_known = bool(read_private(self._state_file).get("passwords"))
        self._place = recorded(self.home, state=self._state, forced=self._forced)
        if self._place is None:
            self._place = choose(self.home, forced=self._forced)
            self._state["place"] = self._place.as_json()
        data = self._place.data
        if (data / "PG_VERSION").exists():
            if not is_known:
                raise EmbeddedError(
                    f"{self._state_file}, which holds the passwords, is missing: "
                    "restore it, or forget everything (`make clean`)."
                )
            cluster.refuse_other_major(data, own=self._major())
            self._clear_leftovers(data)
        else:
            self._save()
            cluster.create(
                self._place,
                superuser=roles.SUPERUSER,
                password=self._state["passwords"][roles.SUPERUSER],
                durable=self.durable,
            )

    def _command(self) -> list[str]:
        assert self._place is not None
        settings = {**_ALWAYS, "port": str(self.port)}
        if self.durable:
            settings["shared_buffers"] = f"{_buffers(_memory())}MB"
            free = shutil.disk_usage(self._place.data).free
            settings["max_wal_size"] = f"{_write_ahead(free)}MB"
        else:
            settings |= _THROW_AWAY
        options = [part for item in settings.items() for part in ("-c", "=".join(item))]
        return [str(self._place.program("postgres")), "-D", str(self._place.data), *options]

    def _identity(self) -> Identity:
        assert self._place is not None
        return self._place.identity

    def _is_ready(self) -> bool:
        assert self._place is not None
        lines = _pid_file(self._place.data)
        return len(lines) > 7 and lines[0].strip() == str(self.pid) and lines[7].strip() == "ready"

    def _launch(self) -> None:
        super()._launch()
        with disk_errors():
            roles.prepare(self.program("psql"), port=self.port, passwords=self._state["passwords"])

    def _clear_leftovers(self, data: Path) -> None:
        """Make way after a crash: we hold the folder's lock, so what is still there is orphaned."""
        lines = _pid_file(data)
        noted = int(lines[0]) if lines and lines[0].strip().isdigit() else None
        deadline = time.monotonic() + _ORPHAN_SECONDS
        while found := processes.working_in(data.resolve()):
            if noted in {record.pid for record in found}:
                raise AlreadyRunning(f"PostgreSQL is already running on {data} (pid {noted}).")
            if time.monotonic() > deadline:
                for record in found:
                    record.send(signal.SIGKILL)
            time.sleep(0.05)
        if noted is not None and Record.of(noted):
            # The number is used again by another program, which PostgreSQL would take for itself.
            (data / "postmaster.pid").unlink()

    def _major(self) -> str:
        return binaries.postgres_major(binaries.postgres_root())

    def _url(self, role: str, *, database: str = roles.DATABASE) -> str:
        password = quote(self._state["passwords"][role], safe="")
        return f"postgresql://{role}:{password}@{HOST}:{self.port}/{database}"


def _pid_file(data: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return (data / "postmaster.pid").read_text().splitlines()
    return []
