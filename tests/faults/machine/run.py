"""The long form: many histories in several processes, and planted bugs. `make faults` runs it.

`FAULTS` is how many histories, 10,000 if nothing is said; `HISTORY_SEED=7` tells one and shortens
it where it fails; `PLANTED=1` plants all bugs, `PLANTED=name` one. It goes on where it was stopped,
as long as the code is the same. Ends with 1 when a history failed, or too few bugs were found.
"""

import hashlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit

from nannychain import embedded
from nannychain.embedded import postgres
from tests import conftest
from tests.factories import pristine
from tests.faults.machine import points, report
from tests.faults.machine.planted import table

ROOT = Path(__file__).resolve().parents[3]
STATE = ROOT / ".data" / "faults.json"
HISTORIES, BUG_HISTORIES_MAX, BUGS_FOUND_MIN = 10_000, 1_000, 28
_LENGTH = 40
_FOLDER_MAX = 80  # letters; a socket's whole name has room for about a hundred
_CODE = ("payments", "wallets", "nannychain", "workers", "ussd", "config", "simulators", "tests")


@dataclass
class Process:
    """A process that tells histories, one at a time."""

    popen: subprocess.Popen[str]
    seed: int | None = None

    @classmethod
    def start(cls, number: int) -> "Process":
        """Start it, with a Redis number of its own."""
        head, _, _ = os.environ["REDIS_URL"].rstrip("/").rpartition("/")
        environment = {**os.environ, "REDIS_URL": f"{head}/{number + 1}"}
        return cls(
            subprocess.Popen(
                [sys.executable, "-m", "tests.faults.machine.worker"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )

    def ask(self, seed: int, *, shrink: bool = False, bug: str = "") -> None:
        """Let it tell a history, with a planted bug where one is named."""
        assert self.popen.stdin is not None
        self.seed = seed
        asked = {"seed": seed, "length": _length(), "shrink": shrink, "bug": bug}
        self.popen.stdin.write(json.dumps(asked) + "\n")
        self.popen.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Return what it says next; one that is gone says that it is."""
        assert self.popen.stdout is not None
        line = self.popen.stdout.readline()
        if not line:
            return {"faults": [f"errors: the process ended with {self.popen.wait()}"], "steps": []}
        return dict(json.loads(line))

    def stop(self) -> None:
        """Let it end."""
        self.popen.kill()
        self.popen.wait()


def _length() -> int:
    return int(os.environ.get("HISTORY_LENGTH") or _LENGTH)


@contextmanager
def _servers() -> Iterator[None]:
    """Start the servers with all tables, and let the environment lead there."""
    for name in list(os.environ):
        if name.startswith(conftest._FOREIGN):
            del os.environ[name]
    os.environ.update(conftest._SETTINGS)
    os.environ["PYTHONHASHSEED"] = "0"
    # In its own folder, where it starts; a socket takes a third less than the loopback does.
    sockets = patch.dict(postgres._THROW_AWAY, unix_socket_directories=".")
    with tempfile.TemporaryDirectory(prefix="nannychain-faults-") as folder, sockets:
        servers = embedded.start(Path(folder), durable=False)
        try:
            os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = (
                _by_socket(servers),
                f"{servers.redis_url.rstrip('/')}/0",
            )
            owner = urlsplit(servers.owner_url).username
            pristine.permit(servers.postgres.superuser_url, owner=str(owner))
            for command in (("migrate", "--verbosity", "0"), ("compile_translations",)):
                subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=True)
            yield
        finally:
            servers.stop()


def _by_socket(servers: embedded.Servers) -> str:
    """Return the owner's address without the network, where the folder's name is short enough."""
    server, parts = servers.postgres, urlsplit(servers.owner_url)
    folder = str(server._place.data) if server._place else ""
    if not folder or len(folder) > _FOLDER_MAX:
        return servers.owner_url
    login = parts.netloc.rpartition("@")[0]
    where = urlencode({"host": folder, "port": server.port})
    return f"{parts.scheme}://{login}@{parts.path}?{where}"


@dataclass
class Progress:
    """What was told so far, kept in a file, so that it goes on from there."""

    code: str
    done: dict[str, str] = field(default_factory=dict)  # digest by seed
    failed: dict[str, list[str]] = field(default_factory=dict)
    died_at: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @classmethod
    def read(cls) -> "Progress":
        """Read it; begin anew where the code has changed."""
        code = _digest_of_code()
        if STATE.exists():
            kept = json.loads(STATE.read_text())
            if kept["code"] == code:
                return cls(**{**kept, "died_at": Counter(kept["died_at"])})
        return cls(code)

    def take(self, told: dict[str, Any], *, seed: int) -> None:
        """Note what a history came to."""
        self.done[str(seed)] = told.get("digest", "")
        self.seconds += told.get("seconds", 0.0)
        self.died_at.update(told.get("died_at", {}))
        if told["faults"]:
            self.failed[str(seed)] = told["faults"]
        if len(self.done) % 20 == 0 or told["faults"]:
            self.write()

    def write(self) -> None:
        """Keep it."""
        STATE.parent.mkdir(parents=True, exist_ok=True)
        STATE.write_text(json.dumps(vars(self)))


def _digest_of_code() -> str:
    whole = hashlib.sha256(str(_length()).encode())
    for folder in _CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".sql"):
                whole.update(path.read_bytes())
    return whole.hexdigest()


def tell_many(count: int, *, at_once: int) -> int:
    """Tell the histories of the first so many seeds; return the exit code."""
    progress, started, begun_with = Progress.read(), time.monotonic(), 0
    begun_with = len(progress.done)
    seeds = iter([seed for seed in range(count) if str(seed) not in progress.done])
    with _servers(), selectors.DefaultSelector() as ready:
        processes = [Process.start(number) for number in range(at_once)]
        for process in processes:
            assert process.popen.stdout is not None
            ready.register(process.popen.stdout, selectors.EVENT_READ, process)
        while ready.get_map():
            for key, _ in ready.select():
                process = key.data
                told = process.answer()
                if process.seed is not None:
                    progress.take(told, seed=process.seed)
                    _show(progress, count, told, process.seed, started, begun_with)
                seed = next(seeds, None)
                if seed is None or process.popen.poll() is not None:
                    ready.unregister(key.fileobj)
                    process.stop()
                else:
                    process.ask(seed)
    progress.write()
    return _ended(progress, count)


def _show(
    progress: Progress, count: int, told: dict[str, Any], seed: int, started: float, before: int
) -> None:
    for fault in told["faults"][:5]:
        print(f"\nseed {seed}: {fault[:600]}", flush=True)
    if told["faults"]:
        print(f"  replay: HISTORY_SEED={seed} make faults", flush=True)
    done = len(progress.done)
    pace = (time.monotonic() - started) / max(1, done - before)
    print(
        f"\r{done:,} of {count:,} histories, {len(progress.failed)} failed, {pace:.2f} s each,"
        f" {pace * (count - done) / 60:.0f} min left ",
        end="",
        flush=True,
    )


def _ended(progress: Progress, count: int) -> int:
    print()
    never = [point for point in points.to_be_reached() if point not in progress.died_at]
    told = len(progress.done)
    print(f"{told:,} histories, {progress.seconds / max(1, told):.2f} s of processor each (Python)")
    print(f"{sum(progress.died_at.values()):,} crashes at {len(progress.died_at)} fail points")
    for point in never:
        print(f"  nobody died at {point}")
    for seed in progress.failed:
        print(f"  failed: HISTORY_SEED={seed} make faults")
    is_everywhere = not never or count < HISTORIES
    return 0 if told >= count and not progress.failed and is_everywhere else 1


def tell_one(seed: int) -> int:
    """Tell one history, and shorten it where it fails."""
    with _servers():
        process = Process.start(0)
        process.answer()
        process.ask(seed, shrink=True)
        told = process.answer()
        process.stop()
    print(f"seed {seed}: {told.get('digest', '')} in {told.get('seconds', 0):.2f} s of processor")
    for fault in told["faults"]:
        print(f"  {fault}")
    if told["steps"]:
        print(f"  by these steps: {' '.join(told['steps'])}")
    return 1 if told["faults"] else 0


def hunt(process: Process, bug: str, *, most: int, first: int) -> report.Caught:
    """Plant one bug and tell histories, from the first on, until one fails or there are no more."""
    seed, told = first, {"faults": []}
    while not told["faults"] and seed < most:
        process.ask(seed, bug=bug)
        told, seed = process.answer(), seed + 1
    return report.Caught(bug, seed, tuple(told["faults"]))


def plant_all(wanted: str, *, at_once: int) -> int:
    """Plant the bugs one by one, show which were found, and write the table into docs/faults.md."""
    names = list(table.BY_NAME) if wanted == "1" else wanted.split(",")
    most = int(os.environ.get("FAULTS") or BUG_HISTORIES_MAX)
    kept = report.Kept.read(_digest_of_code())
    left = iter([name for name in names if not kept.is_done(name, most=most)])

    def work(number: int) -> None:
        process = Process.start(number)
        process.answer()
        for name in left:
            kept.take(hunt(process, name, most=most, first=kept.told(name)))
            if process.popen.poll() is not None:
                process = Process.start(number)
                process.answer()
        process.stop()

    with _servers(), ThreadPoolExecutor(at_once) as pool:
        list(pool.map(work, range(at_once)))
    caught = [kept.caught[name] for name in names]
    if wanted == "1":
        report.write(caught)
    found = sum(each.is_found for each in caught)
    print(f"{found} of {len(caught)} found")
    return 0 if found >= min(BUGS_FOUND_MIN, len(caught)) else 1


def main() -> int:
    """Do what the environment asks for."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are stopped
    at_once = int(os.environ.get("FAULTS_AT_ONCE") or 2)
    if planted := os.environ.get("PLANTED"):
        return plant_all(planted, at_once=at_once)
    if seed := os.environ.get("HISTORY_SEED"):
        return tell_one(int(seed))
    return tell_many(int(os.environ.get("FAULTS") or HISTORIES), at_once=at_once)
