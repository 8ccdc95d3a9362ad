"""What both servers share: a folder, its lock, a recorded process, a log, a port that stays."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from nannychain.embedded import processes
from nannychain.embedded.errors import AlreadyRunning, EmbeddedError
from nannychain.embedded.folders import (
    FolderLock,
    disk_errors,
    make_private,
    read_private,
    write_private,
)
from nannychain.embedded.identity import SAME, Identity
from nannychain.embedded.processes import Record

HOST = "127.0.0.1"
_LEFTOVER_SECONDS = 10
_LOG_BYTES_MAX = 5_000_000
_DISK_BYTES_MIN = 100_000  # with less, not even the reason can be logged
_POLL_SECONDS = 0.02


class Server(ABC):
    """One server on one folder. `start`, `stop` and `kill` may be repeated in any order.

    `directory` gets `<name>/` for all that the server keeps, and `logs/<name>.log`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    polite: ClassVar[signal.Signals]  # ends it quickly and in order
    harsh: ClassVar[signal.Signals] = signal.SIGKILL  # ends it at once, when the time is up
    start_seconds: ClassVar[float] = 60

    def __init__(self, directory: Path, *, durable: bool) -> None:
        self.directory = directory.absolute()
        self.durable = durable
        self.home = self.directory / self.name
        self.log = self.directory / "logs" / f"{self.name}.log"
        self._lock = FolderLock(self.home / "lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._state: dict[str, Any] = {}
        self._log_offset = 0

    @property
    def is_running(self) -> bool:
        """Tell whether the server that this object started still runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Return the number of the server's (main) process."""
        assert self._process is not None
        return self._process.pid

    @property
    def port(self) -> int:
        """Return the port, which stays the same over restarts as long as nobody else takes it."""
        return int(self._state["port"])

    def start(self) -> None:
        """Start and wait until it answers. Raise EmbeddedError, and leave nothing running."""
        if self.is_running:
            return
        make_private(self.directory)
        make_private(self.home)
        make_private(self.log.parent)
        if not self._lock.is_held:
            self._take_lock()
        try:
            self._state = {**self._new_state(), **read_private(self._state_file)}
            self._prepare()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self, *, timeout_seconds: float = 10) -> None:
        """End the server in order within the time, or else at once; give the folder free."""
        if self._process is not None:
            self._end(timeout_seconds)
        self._process = None
        self._lock.release()

    def kill(self) -> None:
        """End the server as a power cut would, and wait until it is gone; for crash tests."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @abstractmethod
    def _command(self) -> list[str]:
        """Return the command that runs the server in the foreground. It holds no secret."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Tell whether the server that was just started answers."""

    def _prepare(self) -> None:  # noqa: B027 - most need nothing
        """Make what the server needs, while nobody else can start on this folder."""

    def _new_state(self) -> dict[str, Any]:
        return {"port": 0, "password": secrets.token_hex(24)}

    def _identity(self) -> Identity:
        return SAME

    def _environment(self) -> dict[str, str]:
        """Return all that the server sees of the environment: nothing of the project's."""
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

    @property
    def _state_file(self) -> Path:
        return self.home / "state.json"

    def _save(self) -> None:
        write_private(self._state_file, self._state)

    def _take_lock(self) -> None:
        if self._lock.take():
            return
        deadline = time.monotonic() + 1  # somebody who has just taken it is about to sign
        while time.monotonic() < deadline:
            holder = self._lock.holder()
            if holder:
                raise AlreadyRunning(
                    f"{self.title} is already running on {self.home} (pid {self._pid_of(holder)})."
                )
            if self._lock.take(wait_seconds=0.1):
                return
        self._end_leftover()
        if not self._lock.take(wait_seconds=_LEFTOVER_SECONDS):
            raise AlreadyRunning(f"{self.home} is in use by another program.")

    def _pid_of(self, holder: Record) -> int:
        record = self._recorded()
        return record.pid if record and record.is_alive else holder.pid

    def _end_leftover(self) -> None:
        """End what a killed run left behind: only what is recorded here and still the same."""
        record = self._recorded()
        if record:
            processes.end(record, signals=((self.polite, 8), (signal.SIGKILL, 2)))

    def _recorded(self) -> Record | None:
        return Record.from_json(read_private(self._state_file).get("process"))

    def _launch(self) -> None:
        for attempt in (1, 2, 3):
            self._state["port"] = _free_port(preferred=self.port)
            self._open_log()
            self._spawn()
            if self._wait_until_ready():
                return
            if attempt == 3 or not self._was_port_taken():
                raise EmbeddedError(self._why_not_started())

    def _spawn(self) -> None:
        with self.log.open("ab") as output:
            self._process = processes.spawn(
                self._command(),
                environment=self._environment(),
                output=output.fileno(),
                folder=Path("/"),
                identity=self._identity(),
                death_signal=self.polite,
                keep_open=(self._lock.descriptor,),
            )
        record = Record.of(self.pid)
        self._state["process"] = record.as_json() if record else None
        self._save()

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + self.start_seconds
        while time.monotonic() < deadline and self.is_running:
            if self._is_ready():
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def _end(self, timeout_seconds: float) -> None:
        assert self._process is not None
        for number, seconds in (
            (self.polite, timeout_seconds),
            (self.harsh, 1.0),
            (signal.SIGKILL, 5.0),
        ):
            if self._process.poll() is None:
                self._process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
                return

    def _open_log(self) -> None:
        with disk_errors():
            if self.log.exists() and self.log.stat().st_size > _LOG_BYTES_MAX:
                self.log.replace(self.log.with_suffix(".log.1"))
            os.close(os.open(self.log, os.O_WRONLY | os.O_CREAT, 0o600))
            self._log_offset = self.log.stat().st_size

    def _log_of_this_start(self) -> str:
        with self.log.open("rb") as file:
            file.seek(self._log_offset)
            return file.read().decode(errors="replace")

    def _was_port_taken(self) -> bool:
        return "ddress already in use" in self._log_of_this_start()

    def _why_not_started(self) -> str:
        text = self._log_of_this_start()
        free = shutil.disk_usage(self.home).free
        if "No space left on device" in text or free < _DISK_BYTES_MIN:
            return f"The disk is full: {self.title} can't write below {self.home}."
        if self.is_running:
            return f"{self.title} did not answer in {self.start_seconds:.0f} s: see {self.log}."
        return f"{self.title} did not start: {_last_line(text)} (all of it: {self.log})."


def _last_line(text: str) -> str:
    lines = [line.strip().rstrip(".") for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (fatal or lines or ["no reason was given"])[-1]


def _free_port(*, preferred: int) -> int:
    """Return the preferred port if it is free, else any free one."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedError("There is no free port on the loopback interface.")
