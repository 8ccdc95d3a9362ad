"""RabbitMQ, where it is installed: a server of the tests' own, on ports and a folder of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import amqp

from tests.simulators.program import free_port

SECONDS_MAX = 120
# Debian's own script comes first on PATH and changes user; this is what it calls.
_PLACES = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")


def program() -> str | None:
    """Return where the server is; None where none is installed."""
    return next((found for name in _PLACES if (found := shutil.which(name))), None)


@dataclass
class Rabbit:
    """One server: started and ended by its methods, the same data each time."""

    folder: Path
    port: int
    environment: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Return its address, with the account that every new server has."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self.process = subprocess.Popen(
            [program() or ""],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # the script and the machine it starts end together
        )
        deadline = time.monotonic() + SECONDS_MAX
        while True:
            try:
                with amqp.Connection(f"127.0.0.1:{self.port}", connect_timeout=5):
                    return
            except OSError:
                assert self.process.poll() is None, "RabbitMQ ended at once"
                assert time.monotonic() < deadline, "RabbitMQ does not answer"
                time.sleep(0.2)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextmanager
def running() -> Iterator[Rabbit]:
    """Run one until the block ends."""
    with tempfile.TemporaryDirectory(prefix="rabbit-", ignore_cleanup_errors=True) as name:
        folder, port, names = Path(name), free_port(), free_port()
        rabbit = Rabbit(folder=folder, port=port, environment=_environment(folder, port, names))
        try:
            rabbit.start()
            yield rabbit
        finally:
            rabbit.kill()
            # The register of names is a daemon that Erlang leaves behind; the port makes it ours.
            if epmd := shutil.which("epmd"):
                subprocess.run([epmd, "-port", str(names), "-kill"], capture_output=True)


def _environment(folder: Path, port: int, names: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "RABBITMQ_NODENAME": f"tests{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1",
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",
    }
