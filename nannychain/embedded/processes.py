"""Starting programs that die with us, and recognising them later by more than their number.

A process is recorded by its number, its start time and the boot it belongs to. Only a process
that still matches all three is ever signalled: numbers are used again, records are not.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from nannychain.embedded.identity import SAME, Identity

LAUNCHER = Path(__file__).with_name("launch.py")
_PROC = Path("/proc")
_POLL_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Record:
    """One process, told apart from any later one with the same number."""

    pid: int
    started: int  # clock ticks since the boot
    boot: str

    @classmethod
    def of(cls, pid: int) -> Record | None:
        """Return the record of a living process, or None (also where there is no /proc)."""
        started = _started(pid)
        return None if started is None else cls(pid=pid, started=started, boot=_boot())

    @classmethod
    def from_json(cls, content: object) -> Record | None:
        """Return what `as_json` gave, or None for anything else."""
        try:
            return cls(**content)  # type: ignore[arg-type]
        except TypeError:
            return None

    def as_json(self) -> dict[str, Any]:
        """Return plain data for a file."""
        return asdict(self)

    @property
    def is_alive(self) -> bool:
        """Tell whether this very process still runs; one that only waits to be reaped doesn't."""
        return _started(self.pid) == self.started and _boot() == self.boot

    def send(self, number: signal.Signals) -> None:
        """Send the signal if this very process still runs."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def spawn(
    command: list[str],
    *,
    environment: Mapping[str, str],
    output: IO[bytes] | int,
    errors: IO[bytes] | int = subprocess.STDOUT,
    folder: Path,
    identity: Identity = SAME,
    death_signal: signal.Signals = signal.SIGTERM,
    keep_open: tuple[int, ...] = (),
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own; unless `errors` is given, all goes to `output`.

    `death_signal` reaches it when we die, however that comes about. That tie is to the thread that
    starts it, so it is made on the main thread only. `command[0]` is an absolute path.
    """
    return subprocess.Popen(
        launched(command, identity=identity, death_signal=death_signal),
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        pass_fds=keep_open,
        start_new_session=True,
    )


def launched(
    command: list[str],
    *,
    identity: Identity = SAME,
    death_signal: signal.Signals | None = None,
    writable: Path | None = None,
) -> list[str]:
    """Return the command that starts `command` through the launcher."""
    tied = death_signal if threading.current_thread() is threading.main_thread() else None
    return [
        sys.executable,
        "-I",
        "-S",
        str(LAUNCHER),
        str(int(tied or 0)),
        str(os.getpid()),
        identity.as_argument(),
        str(writable or ""),
        *command,
    ]


def end(record: Record, *, signals: Iterable[tuple[signal.Signals, float]]) -> bool:
    """Send one signal after the other, each with its seconds to take effect; tell whether it went.

    For processes that are not children of ours, and so can't be waited for.
    """
    for number, seconds in signals:
        record.send(number)
        deadline = time.monotonic() + seconds
        while record.is_alive and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        if not record.is_alive:
            return True
    return not record.is_alive


def working_in(folder: Path) -> list[Record]:
    """Return the processes whose working directory is this very folder."""
    found = []
    for entry in _PROC.glob("[0-9]*"):
        try:
            is_there = Path(os.readlink(entry / "cwd")) == folder
        except OSError:
            continue
        record = Record.of(int(entry.name)) if is_there else None
        if record:
            found.append(record)
    return found


def _started(pid: int) -> int | None:
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def is_this_boot(record: Record) -> bool:
    """Tell whether the record is of the time since the machine was last started."""
    return record.boot == _boot()
