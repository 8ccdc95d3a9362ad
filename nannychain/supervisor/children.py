"""One program each: started, logged, ended with all that it has started itself."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import threading
from collections import deque
from pathlib import Path

from nannychain.embedded import processes
from nannychain.embedded.folders import disk_errors, read_private, write_private
from nannychain.embedded.processes import Record
from nannychain.supervisor.data import ROOT
from nannychain.supervisor.programs import Program
from nannychain.supervisor.screen import Mask, Repeats, important, say

LOG_BYTES_MAX = 20_000_000
REPEAT_SECONDS = 60
_LINES_KEPT = 200


class Child:
    """A program that runs, or ran, or will run again.

    While `is_quiet`, as in starting and stopping, its warnings go to the log only.
    """

    def __init__(self, program: Program, *, data: Path, mask: Mask, folder: Path = ROOT) -> None:
        self.name = program.name
        self.is_quiet = True
        self._repeats = Repeats(seconds=REPEAT_SECONDS)
        self._program = program
        self._mask = mask
        self._folder = folder
        self._log_path = data / "logs" / f"{program.name}.log"
        self._record_path = record_path(data, program.name)
        self._process: subprocess.Popen[bytes] | None = None
        self._is_asked = False
        self._reader: threading.Thread | None = None
        self._last: deque[str] = deque(maxlen=_LINES_KEPT)

    @property
    def is_running(self) -> bool:
        """Tell whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def stage(self) -> int:
        """Return when it ends, of all: see `Program`."""
        return self._program.stage

    def start(self) -> None:
        """Start the program. What it prints goes to its log, and its warnings to the terminal."""
        self._last.clear()
        self._is_asked = False
        self._process = processes.spawn(
            self._program.command,
            environment=self._program.environment,
            output=subprocess.PIPE,
            folder=self._folder,
        )
        record = Record.of(self._process.pid)
        write_private(self._record_path, record.as_json() if record else {})
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def ask_to_end(self) -> None:
        """Ask it once to end, and don't wait."""
        self.is_quiet = True
        if self._process is not None and self.is_running and not self._is_asked:
            self._is_asked = True
            self._process.terminate()

    def stop(self, *, at_most: float = math.inf) -> None:
        """Ask it to end, and kill it and all it has started when it doesn't within its time.

        `at_most`: seconds, for when there is less time than its program would have.
        """
        if self._process is None:
            return
        self.ask_to_end()
        try:
            self._process.wait(max(0.0, min(self._program.stop_seconds, at_most)))
        except subprocess.TimeoutExpired:
            say(f"  {self.name} did not end in time and was killed")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._record_path.unlink(missing_ok=True)

    def how_it_ended(self) -> str:
        """Return why it ended, as far as its exit code and its last words tell."""
        assert self._process is not None
        if self._reader is not None:
            self._reader.join(1)
        code = self._process.returncode
        reason = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        words = self.last_words()
        return f"{reason}: {words[-1]}" if words and code > 0 else reason

    def last_words(self) -> list[str]:
        """Return the last lines that it printed, without the log lines that are usual."""
        lines = [important(line) or line for line in self._last]
        return [line for line in lines if not line.startswith("{")]

    def _read(self, running: subprocess.Popen[bytes]) -> None:
        assert running.stdout is not None
        for raw in running.stdout:
            line = self._mask(raw.decode("utf-8", "replace").rstrip("\n"))
            if line.strip():
                self._last.append(line.strip())
            self._keep(line)
            told = "" if self.is_quiet else important(line)
            if told and (told := self._repeats.pass_on(told)):
                say(f"  {self.name}: {told}")

    def _keep(self, line: str) -> None:
        with contextlib.suppress(OSError):  # a full disk must not stop the reading
            if self._log_path.exists() and self._log_path.stat().st_size > LOG_BYTES_MAX:
                self._log_path.replace(self._log_path.with_suffix(".log.1"))
            descriptor = os.open(self._log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(descriptor, "a", encoding="utf-8") as log:
                log.write(line + "\n")


def record_path(data: Path, name: str) -> Path:
    """Return the file that records the process of a program while it runs."""
    return data / "run" / f"{name}.json"


def end_leftovers(data: Path) -> list[str]:
    """End what a killed supervisor left behind, and return the names of what still ran."""
    ended = []
    for path in sorted((data / "run").glob("*.json")):
        record = Record.from_json(read_private(path))
        if record and _end_group(record):
            ended.append(path.stem)
        with disk_errors():
            path.unlink(missing_ok=True)
    return ended


def _end_group(record: Record) -> bool:
    """End a recorded process and its group; tell whether anything of it was still there.

    The number of a dead leader is not given to a new process while its group lives, so a group
    with that number and without a leader is the recorded one.
    """
    was_alive = record.is_alive
    processes.end(record, signals=((signal.SIGTERM, 5), (signal.SIGKILL, 2)))
    if Record.of(record.pid) is None and processes.is_this_boot(record):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(record.pid, signal.SIGKILL)
            return True
    return was_alive
