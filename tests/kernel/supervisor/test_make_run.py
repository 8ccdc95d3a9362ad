"""`make run` as a new user meets it: the real supervisor, in a data folder and on ports of its own.

What the product answers is tested elsewhere; here it only has to answer.
"""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nannychain.embedded.processes import Record

# One installation is met by one test after the other, so they stay in one process, in this order:
# `make test` deals out whole files.
pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]
ROOT = Path(__file__).parents[3]
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Installation:
    """A running supervisor, what it has printed, and where all is."""

    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    data: Path
    output: Path

    @property
    def shown(self) -> str:
        """All that the terminal shows."""
        return self.output.read_text()

    def url(self, path: str) -> str:
        """An address of the site."""
        return f"http://127.0.0.1:{self.environment['PORT']}{path}"

    def pid_of(self, name: str) -> int:
        """The process of a child, from its record."""
        return int(json.loads((self.data / "run" / f"{name}.json").read_text())["pid"])

    def again(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run the supervisor a second time, for the same folder."""
        return subprocess.run(
            [sys.executable, "-m", "nannychain.supervisor", command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )


def _free_ports() -> tuple[int, int]:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        return one.getsockname()[1], two.getsockname()[1]


def _environment(data: Path, **more: str) -> dict[str, str]:
    port, simulators_port = _free_ports()
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(data.parent),
        "NANNYCHAIN_DATA": str(data),
        "NANNYCHAIN_ENV_FILE": os.devnull,
        "PORT": str(port),
        "SIMULATORS_PORT": str(simulators_port),
        **more,
    }


def _start(data: Path, **more: str) -> Installation:
    output = data.parent / f"{data.name}.out"
    environment = _environment(data, **more)
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "nannychain.supervisor"],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Installation(process, environment, data, output)


def _until(condition: Callable[[], object], *, seconds: float = 30, what: str = "it") -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about"
        time.sleep(0.05)


def _until_ready(running: Installation) -> None:
    _until(
        lambda: (
            "Ready. Ctrl-C stops everything." in running.shown or running.process.poll() is not None
        ),
        seconds=120,
        what="readiness",
    )
    assert running.process.poll() is None, running.shown


def _family(pid: int) -> set[int]:
    """Return the process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = int(fields[1])
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _command_line(pid: int) -> str:
    """Return how a process was called; nothing where it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation in a folder with a space. The last tests stop it, the others leave it."""
    installation = _start(tmp_path_factory.mktemp("make run") / "data")
    _until_ready(installation)
    yield installation
    if installation.process.poll() is None:
        installation.process.terminate()
        installation.process.wait(15)


def test_it_becomes_ready_and_shows_where_everything_is(running):
    port, simulators_port = running.environment["PORT"], running.environment["SIMULATORS_PORT"]
    for told in (
        f"http://localhost:{simulators_port}/phone",
        f"http://localhost:{port}/admin/",
        f"http://localhost:{port}/health/ready",
        "*384*2024#",
    ):
        assert told in running.shown
    assert re.search(r"✓ Migrations +\d+\.\d s", running.shown)
    with _DIRECT.open(running.url("/health/ready"), timeout=5) as answer:
        assert json.load(answer)["status"] == "ready"
    with _DIRECT.open(f"http://127.0.0.1:{simulators_port}/phone", timeout=5) as page:
        assert page.status == 200


def test_an_account_can_be_opened_by_a_form_post(running):
    form = {
        "sessionId": "ATUid_make_run",
        "phoneNumber": "+254712345678",
        "serviceCode": "*384*2024#",
        "networkCode": "63902",
        "text": "1*0712345678",
    }
    data = urllib.parse.urlencode(form).encode()
    with _DIRECT.open(running.url("/ussd"), data=data, timeout=10) as answer:
        assert re.match(r"END Account created\. Worker ID: NW-\w{8}", answer.read().decode())


def test_only_the_demo_password_is_shown_and_all_files_are_ours_alone(running):
    secrets = [
        *json.loads((running.data / "secrets.json").read_text()).values(),
        *json.loads((running.data / "postgres/state.json").read_text())["passwords"].values(),
        json.loads((running.data / "valkey/state.json").read_text())["password"],
    ]
    logs = "".join(path.read_text() for path in (running.data / "logs").iterdir())
    assert not [secret for secret in secrets if secret in running.shown + logs]
    command_lines = "".join(_command_line(pid) for pid in _family(running.process.pid))
    assert "postgres" in command_lines
    assert not [secret for secret in secrets if secret in command_lines]
    assert stat.S_IMODE(running.data.stat().st_mode) == 0o700
    for path in (*running.data.glob("*.json"), *running.data.glob("logs/*")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_that_answer_requests_do_not_hold_the_opening_key(running):
    kept = json.loads((running.data / "secrets.json").read_text())
    names = ("web", "beat", "worker", "mpesa", "stellar", "sms", "signer", "simulators")
    holds = {
        secret: [
            name
            for name in names
            if kept[secret].encode() in Path(f"/proc/{running.pid_of(name)}/environ").read_bytes()
        ]
        for secret in ("ENCRYPTION_KEY", "STELLAR_FUNDING_SECRET")
    }
    assert holds == {"ENCRYPTION_KEY": ["sms", "signer"], "STELLAR_FUNDING_SECRET": ["signer"]}


def test_a_second_one_is_refused_and_disturbs_nothing(running):
    second = running.again("run")
    assert second.returncode == 1
    assert f"NannyChain runs already (pid {running.process.pid})" in second.stdout
    assert _DIRECT.open(running.url("/health"), timeout=5).status == 200


def test_cleaning_is_refused_while_it_runs(running):
    clean = running.again("clean")
    assert clean.returncode == 1
    assert "is running" in clean.stdout
    assert (running.data / "secrets.json").exists()


def test_the_phone_is_found_by_the_command(running):
    assert running.again("phone").stdout.strip().endswith("/phone")


@pytest.mark.parametrize("name", ["worker", "signer", "web"])
def test_a_killed_child_comes_back_and_is_told_about(running, name):
    before = running.pid_of(name)
    os.kill(before, signal.SIGKILL)
    _until(lambda: f"{name} runs again" in running.shown, what=f"the return of {name}")
    assert f"{name} has ended (SIGKILL)" in running.shown
    assert running.pid_of(name) != before
    _until(lambda: _is_healthy(running), what="health")


def test_killed_servers_come_back_at_the_same_address_with_their_data(running):
    state = json.loads((running.data / "postgres/state.json").read_text())
    os.kill(state["process"]["pid"], signal.SIGKILL)
    _until(lambda: "postgres runs again" in running.shown, what="the return of postgres")
    assert json.loads((running.data / "postgres/state.json").read_text())["port"] == state["port"]
    _until(lambda: _is_healthy(running), what="health")


def _is_healthy(running: Installation) -> bool:
    try:
        return _DIRECT.open(running.url("/health/ready"), timeout=5).status == 200
    except OSError:
        return False


def test_sigterm_stops_everything_within_ten_seconds(running):
    family = [Record.of(pid) for pid in _family(running.process.pid)]
    assert len(family) > 8
    started = time.monotonic()
    running.process.terminate()
    assert running.process.wait(15) == 0
    assert time.monotonic() - started < 10
    left = [record for record in family if record and record.is_alive]
    for port in (running.environment["PORT"], running.environment["SIMULATORS_PORT"]):
        socket.create_server(("127.0.0.1", int(port))).close()
    assert left == []
    assert "Everything is stopped." in running.shown


def test_a_killed_supervisor_takes_all_with_it_and_the_next_is_ready_soon(running):
    first = _start(running.data)
    _until_ready(first)
    family = [record for pid in _family(first.process.pid) if (record := Record.of(pid))]
    first.process.kill()
    first.process.wait()
    second = _start(running.data)
    _until_ready(second)
    assert [record for record in family if record.is_alive] == []
    os.killpg(second.process.pid, signal.SIGINT)  # as the terminal does on Ctrl-C
    assert second.process.wait(15) == 0


def test_cleaning_forgets_everything(running):
    clean = running.again("clean")
    assert clean.returncode == 0
    assert not running.data.exists()
    assert running.again("clean").returncode == 0


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"USSD_SERVICE_CODE": "384"}, "setting USSD_SERVICE_CODE must look like *384*2024#"),
        ({"DATABASE_URL": "mysql://x"}, "setting DATABASE_URL must be an address"),
        ({"PORT": "many"}, "PORT must be a number between 1 and 65535."),
    ],
    ids=["malformed", "wrong database", "no port"],
)
def test_a_bad_setting_ends_the_start_with_one_line(tmp_path, setting, told):
    ended = _start(tmp_path / "data", **setting)
    assert ended.process.wait(60) == 1
    assert told in ended.shown
    assert "Traceback" not in ended.shown


def test_being_stopped_in_the_middle_of_the_set_up_leaves_nothing(tmp_path):
    ended = _start(tmp_path / "data")
    _until(lambda: "✓ Databases" in ended.shown, what="the databases")
    family = [record for pid in _family(ended.process.pid) if (record := Record.of(pid))]
    ended.process.send_signal(signal.SIGINT)
    assert ended.process.wait(15) == 0
    assert [record for record in family if record.is_alive] == []


def test_make_passes_sigterm_on_and_takes_all_with_it_when_killed(tmp_path):
    """Through the Makefile's own recipe, without its set-up of packages."""
    makefile = tmp_path / "Makefile"
    makefile.write_text(f'run:\n\t@exec "{sys.executable}" -m nannychain.supervisor run\n')
    for number in (signal.SIGTERM, signal.SIGKILL):
        output = tmp_path / f"{number.name}.out"
        data = tmp_path / number.name
        with output.open("wb") as file:
            make = subprocess.Popen(
                ["make", "-f", str(makefile), "run"],
                cwd=ROOT,
                env=_environment(data),
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        _until(lambda seen=output: "✓ Databases" in seen.read_text(), what="the databases")
        family = [record for pid in _family(make.pid) if (record := Record.of(pid))]
        make.send_signal(number)
        make.wait(15)
        _until(lambda all=family: not any(record.is_alive for record in all), seconds=10)
        assert "Everything is stopped." in output.read_text()
