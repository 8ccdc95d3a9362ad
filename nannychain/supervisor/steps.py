"""What is done before anything runs."""

import errno
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from nannychain import embedded
from nannychain.supervisor.children import Child
from nannychain.supervisor.defaults import ROOT, Surroundings
from nannychain.supervisor.screen import Trouble

READY_SECONDS_MAX = 90


def check_ports(surroundings: Surroundings) -> None:
    """Raise Trouble when somebody else listens on one of our ports."""
    ports = {"PORT": surroundings.port, "SIMULATORS_PORT": surroundings.simulators_port}
    if len(set(ports.values())) < len(ports):
        raise Trouble("PORT and SIMULATORS_PORT must differ.")
    for name, port in ports.items():
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError as error:
            why = (
                "is taken"
                if error.errno == errno.EADDRINUSE
                else f"can't be used: {error.strerror}"
            )
            raise Trouble(
                f"Port {port} {why}. Choose another: {name}={port + 1} make run"
            ) from None


def start_servers(surroundings: Surroundings) -> tuple[embedded.Servers | None, str]:
    """Start the servers that were not given; return them and the address for migrations."""
    settings, folder = surroundings.settings, surroundings.data / "servers"
    if settings.get("DATABASE_URL") and settings.get("REDIS_URL"):
        return None, settings["DATABASE_URL"]
    servers = embedded.start(folder, durable=True)
    owner_url = settings.get("DATABASE_URL") or servers.owner_url
    settings.setdefault("DATABASE_URL", servers.app_url)
    settings.setdefault("REDIS_URL", servers.redis_url)
    return servers, owner_url


def manage(arguments: list[str], *, settings: dict[str, str]) -> str:
    """Run one management command; return what it prints, raise Trouble with what went wrong."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Trouble(_why(done.stderr) or f"`manage.py {arguments[0]}` failed.")
    return done.stdout


def seed(surroundings: Surroundings) -> dict[str, Any]:
    """Make the demo data; return the sign-in of the admin and the phones to try with."""
    if surroundings.settings["OPERATING_MODE"] != "sandbox":
        return {}
    command = ["seed_demo", "--json", "--data-folder", str(surroundings.data)]
    told: dict[str, Any] = json.loads(manage(command, settings=surroundings.settings))
    return told


def wait_until_ready(surroundings: Surroundings, children: list[Child]) -> None:
    """Wait until all answers; raise Trouble when a child keeps dying or the time is over."""
    addresses = [
        f"{surroundings.base_url}/health/ready",
        f"{surroundings.simulators_url}/control/health",
    ]
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        if all(_answers(address) for address in addresses):
            return
        for child in children:
            child.look_after()
            if child.deaths > 1:
                raise Trouble(f"{child.name} does not start:\n{child.last_lines()}")
        time.sleep(0.2)
    raise Trouble(f"Not ready after {READY_SECONDS_MAX} s; see {surroundings.data / 'logs'}.")


def private_folders(data: Path) -> None:
    """Make the folders that hold state, for our eyes only."""
    for folder in (data, data / "logs", data / "run", data / "simulators"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def _why(stderr: str) -> str:
    """Return the lines that say what is wrong: ours, or the last one of a traceback."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    ours = [line for line in lines if line.startswith(("setting ", "CommandError"))]
    return "\n".join(ours or lines[-1:])
