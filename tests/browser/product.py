"""The whole product, as `make run` starts it, for one module of tests."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.simulators.program import ROOT, free_port

USSD_API_KEY = "0123456789abcdef" * 2
READY_SECONDS = 150
_ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Product:
    """The addresses of a running product, its folder, and the environment that it was given."""

    web: str
    simulators: str
    data: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def product(
    request: pytest.FixtureRequest, chromium: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    """Run everything on a fresh data folder, as in an empty environment, until the tests end.

    A module with IS_CALLED_BACK = True has the real address, where M-Pesa tells what became of
    money. The others have one that looks well in a picture, since the port is random.
    """
    folder = tmp_path_factory.mktemp("new user")
    port, simulators_port = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", str(folder)),
        "NANNYCHAIN_ENV_FILE": os.devnull,
        "NANNYCHAIN_DATA": str(folder / "data"),
        "PORT": str(port),
        "SIMULATORS_PORT": str(simulators_port),
        "USSD_API_KEY": USSD_API_KEY,
    }
    if not getattr(request.module, "IS_CALLED_BACK", False):
        environment["PUBLIC_BASE_URL"] = "https://nannychain.example"
    running = Product(
        web=f"http://localhost:{port}",
        simulators=f"http://localhost:{simulators_port}",
        data=folder / "data",
        environment=environment,
    )
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "nannychain.supervisor", "run"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(running, process=process, output=folder / "output")
        yield running
    finally:
        process.terminate()
        process.wait(30)


def command(running: Product, name: str, *arguments: str) -> str:
    """Run a command of the product beside it, which meets the settings that it made up."""
    file = "NANNYCHAIN_ENV_FILE"
    environment = {name: value for name, value in running.environment.items() if name != file}
    done = subprocess.run(
        [sys.executable, "manage.py", name, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def control(running: Product, path: str, **asked: Any) -> dict[str, Any]:
    """Use the simulators' control API."""
    address = f"{running.simulators}/control/{path}"
    answer = requests.post(address, json=asked, timeout=_ANSWER_SECONDS)
    assert answer.ok, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _wait_until_ready(running: Product, *, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(f"{running.web}/health/ready", timeout=5).status_code == 200:
                return
        time.sleep(0.2)
    pytest.fail(f"the product did not become ready; it said:\n{output.read_text()}")
