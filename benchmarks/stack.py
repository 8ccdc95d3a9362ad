"""A whole installation to measure: durable servers, web, worker, beat, a provider to break."""

import json
import os
import secrets
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nannychain import embedded, strkey

ROOT = Path(__file__).parent.parent
_ANSWER = (
    b'{"SMSMessageData":{"Message":"Sent to 1/1","Recipients":[{"cost":"KES 0.8000",'
    b'"messageId":"ATXid_%s","number":"+254700000000","status":"Success","statusCode":101}]}}'
)


class Provider(socketserver.ThreadingTCPServer):
    """Stands in for every provider: answers as Africa's Talking, or swallows all and is silent."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.is_black_hole = False
        self.received = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Exchange(socketserver.BaseRequestHandler):
    server: Provider

    def handle(self) -> None:
        """Answer one request after the other, or nothing for a minute."""
        while data := self.request.recv(65536):
            while b"\r\n\r\n" not in data:
                data += self.request.recv(65536)
            self.server.received += 1
            if self.server.is_black_hole:
                time.sleep(60)
                return
            body = _ANSWER % secrets.token_hex(16).encode()
            self.request.sendall(
                b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
                + f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )


@dataclass
class Stack:
    """The running installation."""

    port: int
    environment: dict[str, str]
    provider: Provider
    web: subprocess.Popen[bytes]
    redis_pid: int
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def web_cpu_seconds(self) -> float:
        """Return the processor time that the web processes have used so far."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == self.web.pid or stat.parent.name == str(self.web.pid):
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def redis_silent(self, *, is_silent: bool = True) -> Iterator[None]:
        """Let Redis take everything and answer nothing, within this block."""
        if is_silent:
            os.kill(self.redis_pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.redis_pid, signal.SIGCONT)

    def load(
        self, paths: list[str], *, callers: int, seconds: float, crowd: str
    ) -> dict[str, float]:
        """Let a crowd call; return what `benchmarks.load` does, and processor time per request."""
        command = [sys.executable, "-m", "benchmarks.load", "--port", str(self.port)]
        command += ["--callers", str(callers), "--seconds", str(seconds), "--crowd", crowd]
        cpu = self.web_cpu_seconds()
        done = subprocess.run(
            [*command, "--paths", *paths], cwd=ROOT, check=True, capture_output=True, text=True
        )
        outcome: dict[str, float] = json.loads(done.stdout)
        if outcome["errors"]:
            raise RuntimeError(f"{outcome['errors']:.0f} wrong answers from {paths[0]}")
        outcome["cpu_us"] = (self.web_cpu_seconds() - cpu) / outcome["requests"] * 1e6
        return outcome


@contextmanager
def running() -> Iterator[Stack]:
    """Start everything, make a thousand members, and stop everything at the end."""
    with tempfile.TemporaryDirectory(prefix="nannychain-bench-") as folder:
        servers = embedded.start(Path(folder), durable=True)
        provider = Provider()
        try:
            yield from _running(servers, provider)
        finally:
            provider.shutdown()
            servers.stop()


def _running(servers: embedded.Servers, provider: Provider) -> Iterator[Stack]:
    port = free_port()
    environment = _environment(servers, provider=provider, port=port)
    owner = {**environment, "DATABASE_URL": servers.owner_url}
    manage(["migrate", "--verbosity", "0"], owner)
    manage(["compile_translations"], environment)
    manage(["shell", "--verbosity", "0", "-c", _MEMBERS], environment)
    programs = {
        "web": ["gunicorn", "-c", "config/gunicorn.py", "config.wsgi"],
        "worker": [
            "celery",
            "-A",
            "config",
            "worker",
            "-P",
            "threads",
            "-c",
            "4",
            "-Q",
            "default,sms,stellar,signer,mpesa",
        ],
        "beat": ["celery", "-A", "config", "beat", "-s", f"{servers.folder}/beat", "--pidfile="],
    }
    children = {
        name: subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**environment, "NANNYCHAIN_PROCESS": name},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name, command in programs.items()
    }
    try:
        _wait_until_ready(port)
        yield Stack(
            port,
            environment,
            provider,
            children["web"],
            servers.valkey.pid,
            list(children.values()),
        )
    finally:
        for child in children.values():
            child.terminate()
        for child in children.values():
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()


_MEMBERS = """
from workers.identity.services import create_account
for number in range(1000):
    create_account(f"+2547{number:08d}", channel="bench", send_sms=False)
"""


def _environment(servers: embedded.Servers, *, provider: Provider, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "NANNYCHAIN_ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEY": secrets.token_hex(32),
        "PIN_PEPPER": secrets.token_hex(32),
        "DATABASE_URL": servers.app_url,
        "REDIS_URL": servers.redis_url,
        "AT_USERNAME": "sandbox",
        "AT_API_KEY": "bench",
        "AT_BASE_URL": provider.url,
        "STELLAR_HORIZON_URL": provider.url,
        "STELLAR_FUNDING_SECRET": strkey.seed_text(secrets.token_bytes(32)),
        "LOG_LEVEL": "INFO",
        "PORT": str(port),
        "NANNYCHAIN_BENCH": str(servers.folder),  # for what a part writes on its way
    }


def manage(arguments: list[str], environment: dict[str, str]) -> None:
    """Run `manage.py` to its end; raise CalledProcessError where it fails."""
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the installation did not become ready within a minute")
