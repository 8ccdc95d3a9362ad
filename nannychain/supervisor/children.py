"""One child each: started, logged, restarted when it dies, ended with all that it has started."""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from nannychain.embedded.process import dies_with_us, reap, write_private
from nannychain.supervisor.defaults import ROOT
from nannychain.supervisor.programs import Program
from nannychain.supervisor.screen import say

LOG_BYTES_MAX = 20_000_000
_IMPORTANT = frozenset({"warning", "error", "critical"})
_PAUSES_SECONDS = (1, 2, 4, 8, 15, 30)
_LONG_LIFE_SECONDS = 60


class Child:
    """A running program and what becomes of it."""

    def __init__(self, program: Program, *, data: Path) -> None:
        self.name = program.name
        self.deaths = 0
        self._program = program
        self._log_path = data / "logs" / f"{program.name}.log"
        self._pid_path = data / "run" / f"{program.name}.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._started_at = 0.0
        self._due_at = 0.0

    def start(self) -> None:
        """Start the program, in a group of its own."""
        self._process = subprocess.Popen(
            [*dies_with_us("TERM"), *self._program.command],
            cwd=ROOT,
            env=self._program.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._started_at = time.monotonic()
        write_private(self._pid_path, str(self._process.pid))
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def look_after(self) -> None:
        """Start it again where it has died, each time after a longer pause."""
        if self._process is not None and self._process.poll() is not None:
            if time.monotonic() - self._started_at > _LONG_LIFE_SECONDS:
                self.deaths = 0
            pause = _PAUSES_SECONDS[min(self.deaths, len(_PAUSES_SECONDS) - 1)]
            self.deaths += 1
            say(f"  {self.name} has ended ({self._how_it_ended()}); again in {pause} s")
            self._process, self._due_at = None, time.monotonic() + pause
        if self._process is None and time.monotonic() >= self._due_at:
            self.start()

    def ask_to_end(self) -> None:
        """Ask the program to end."""
        self._signal(signal.SIGTERM, group=False)

    def end(self, *, deadline: float) -> None:
        """Wait for its end until the deadline (monotonic); then kill its whole group."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            say(f"  {self.name} did not end in time and was killed")
        self._signal(signal.SIGKILL, group=True)  # also what it may have left behind
        self._process.wait()
        self._pid_path.unlink(missing_ok=True)

    def reap_leftover(self) -> None:
        """End what a run that was killed has left behind."""
        with contextlib.suppress(OSError, ValueError):
            pid = int(self._pid_path.read_text())
            reap(pid, marks=(self._program.command[2],), gently=signal.SIGTERM)

    def last_lines(self, count: int = 5) -> str:
        """Return the end of its log."""
        if self._reader is not None:
            self._reader.join(1)
        try:
            lines = self._log_path.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-count:])

    def _how_it_ended(self) -> str:
        code = self._process.returncode if self._process is not None else 0
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def _signal(self, number: signal.Signals, *, group: bool) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if group:
                os.killpg(self._process.pid, number)
            elif self._process.poll() is None:
                self._process.send_signal(number)

    def _read(self, running: "subprocess.Popen[bytes]") -> None:
        assert running.stdout is not None
        for line in running.stdout:
            self._keep(line)
            if told := important(line.decode("utf-8", "replace")):
                say(f"  {self.name}: {told}")

    def _keep(self, line: bytes) -> None:
        with contextlib.suppress(OSError):
            if self._log_path.exists() and self._log_path.stat().st_size > LOG_BYTES_MAX:
                self._log_path.replace(self._log_path.with_suffix(".log.1"))
            with self._log_path.open("ab") as log:
                log.write(line)


def important(line: str) -> str:
    """Return what of a log line a person should see now; nothing for all that is usual."""
    try:
        entry = json.loads(line)
        if entry["level"] not in _IMPORTANT:
            return ""
        known = {"level", "event", "timestamp", "logger", "request_id", "task_id", "exception"}
        rest = " ".join(f"{name}={value}" for name, value in entry.items() if name not in known)
        return f"{entry['level']}: {entry['event']} {rest}".strip()
    except (ValueError, KeyError, TypeError):
        words = ("[ERROR]", "[CRITICAL]", "setting ", "Error: ")
        return line.strip() if any(word in line for word in words) else ""
