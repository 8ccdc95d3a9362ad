"""What is done before anything runs, and the waiting until all answers."""

from __future__ import annotations

import errno
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from typing import Any

from nannychain import embedded
from nannychain.embedded import processes
from nannychain.supervisor.data import ROOT
from nannychain.supervisor.defaults import Surroundings
from nannychain.supervisor.screen import Trouble
from nannychain.supervisor.stopping import StopRequest
from nannychain.supervisor.watch import Watch

READY_SECONDS_MAX = 90
_LINES_SHOWN = 12
# The class with its modules, at the beginning of the last part of a traceback.
_ERROR = re.compile(r"(?:\w+\.)*(\w+(?:Error|Exception|Failure)\b)")
# Our own addresses are never asked through a proxy.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# One line for each problem, and nothing else worth reading.
_TOLD = ("setting ", "CommandError: ", "SystemCheckError", "ERRORS:", "?: (")


def check_ports(surroundings: Surroundings) -> None:
    """Raise Trouble when somebody else listens on one of our ports."""
    for name, port in (
        ("PORT", surroundings.port),
        ("SIMULATORS_PORT", surroundings.simulators_port),
    ):
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            try:
                socket.create_server((host, port), family=family).close()
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise Trouble(
                        f"Port {port} is taken by another program: stop that, "
                        f"or choose another port, as in `{name}={port + 1} make run`."
                    ) from None
                if error.errno == errno.EACCES:
                    raise Trouble(
                        f"Port {port} is for root only: choose one above 1023 as {name}."
                    ) from None


def make_certificate(surroundings: Surroundings) -> None:
    """Have the simulators make the certificate of the simulated M-Pesa, where it isn't there yet.

    It must be there before any process reads its settings.
    """
    folder = surroundings.data / "simulators" / "daraja"
    certificate = folder / "certificate.pem"
    is_ours = surroundings.settings.get("MPESA_CERTIFICATE") == str(certificate)
    if not is_ours or certificate.exists():
        return
    command = [sys.executable, "-m", "simulators.daraja.certificate", str(folder)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise Trouble(f"The simulators could not make a certificate.\n{made.stderr[-500:]}")


def start_servers(surroundings: Surroundings, watch: Watch) -> str:
    """Start the servers that were not given, and note their addresses among the settings.

    Return the address for migrations: the owner's, or the one that was given.
    """
    settings = surroundings.settings
    owner_url = settings.get("DATABASE_URL", "")
    if not owner_url:
        postgres = embedded.Postgres(surroundings.data, durable=True)
        watch.add_server(postgres)
        settings["DATABASE_URL"], owner_url = postgres.app_url, postgres.owner_url
    if not settings.get("REDIS_URL"):
        valkey = embedded.Valkey(surroundings.data, durable=True)
        watch.add_server(valkey)
        settings["REDIS_URL"] = valkey.url
    return owner_url


class Manage:
    """Runs management commands, one after the other."""

    def __init__(self, surroundings: Surroundings, *, request: StopRequest) -> None:
        self._surroundings = surroundings
        self._request = request

    def __call__(self, *arguments: str, settings: dict[str, str] | None = None) -> str:
        """Run one command and return what it prints.

        Raise Trouble with what went wrong, Stopped when asked to stop meanwhile.
        """
        with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as told:
            command = processes.spawn(
                [sys.executable, "manage.py", *arguments],
                environment=settings or self._surroundings.settings,
                output=printed,
                errors=told,
                folder=ROOT,
            )
            while command.poll() is None:
                if self._request.wait(0.05):
                    _end(command)
                    self._request.check()
            printed.seek(0)
            told.seek(0)
            if command.returncode != 0:
                lines = self._surroundings.mask(told.read().decode(errors="replace")).splitlines()
                raise Trouble(_why(lines, command=arguments[0]))
            return printed.read().decode()


def seed(surroundings: Surroundings, *, manage: Manage) -> dict[str, Any]:
    """Make the demo data; return the sign-in of the admin and the phones to try with.

    Only in a sandbox: nobody wants demo people elsewhere.
    """
    if surroundings.settings["OPERATING_MODE"] != "sandbox":
        return {}
    told: dict[str, Any] = json.loads(
        manage("seed_demo", "--json", "--data-folder", str(surroundings.data))
    )
    return told


def wait_until_ready(surroundings: Surroundings, *, watch: Watch, request: StopRequest) -> None:
    """Wait until all answers; raise Trouble when a child dies before, or the time is over."""
    waiting = [
        f"{surroundings.base_url}/health/ready",
        f"{surroundings.simulators_url}/control/health",
    ]
    deadline = watch.clock() + READY_SECONDS_MAX
    answer = ""
    while waiting:
        if child := watch.dead_child():
            words = child.last_words()[-_LINES_SHOWN:]
            raise Trouble(
                "\n".join([f"{child.name} did not start ({child.how_it_ended()}).", *words])
            )
        if watch.clock() > deadline:
            raise Trouble(f"Not ready after {READY_SECONDS_MAX} s: {waiting[0]} says {answer}.")
        answer = _ask(waiting[0])
        if not answer:
            waiting.pop(0)
        elif request.wait(0.2):
            request.check()


def _ask(address: str) -> str:
    """Return nothing when the address answers 200, else what it says."""
    try:
        with _DIRECT.open(address, timeout=3):
            return ""
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read(500).decode(errors='replace')}"
    except (OSError, http.client.HTTPException):
        return "nothing"


def _end(command: subprocess.Popen[bytes]) -> None:
    """End a command in order if it can be done at once, else by force; nothing is lost by it."""
    for number, seconds in ((signal.SIGINT, 2.0), (signal.SIGKILL, 5.0)):
        command.send_signal(number)
        try:
            command.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return


def _why(lines: list[str], *, command: str) -> str:
    """Return the lines that say what is wrong: ours, or else the error that ends a traceback."""
    lines = [line for line in lines if line.strip()]
    if any("No space left on device" in line for line in lines):
        return "The disk is full."
    told = [line for line in lines if line.startswith(_TOLD)]
    if told:
        return "\n".join(told[:_LINES_SHOWN])
    errors = [line for line in lines if _ERROR.match(line)] or lines or ["no reason was given"]
    reason = _ERROR.sub(r"\1", errors[-1], count=1)
    return f"`manage.py {command}` failed: {reason}"
