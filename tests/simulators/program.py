"""The simulators as a real program on a free port, and a tiny receiver that stands for our side."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import parse_qsl

import requests

ROOT = Path(__file__).resolve().parents[2]
SECONDS_MAX = 10
START_SECONDS_MAX = 60  # on a machine that others keep busy too


@dataclass(frozen=True)
class Received:
    """One form that was posted to us."""

    path: str
    body: str
    headers: dict[str, str]

    @property
    def fields(self) -> dict[str, str]:
        """The form, in the order of its fields."""
        return dict(parse_qsl(self.body, keep_blank_values=True, strict_parsing=True))


@dataclass
class Receiver:
    """Takes posts on a port of its own. `answer` decides what each gets: status and body."""

    answer: Callable[[Received], tuple[int, bytes]] = lambda _: (200, b"")
    port: int = 0
    posts: "Queue[Received]" = field(default_factory=Queue)

    def __enter__(self) -> "Receiver":
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                received = Received(self.path, body, dict(self.headers))
                status, content = receiver.answer(received)
                receiver.posts.put(received)
                with suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def next(self) -> Received:
        """Wait for the next post; fail after ten seconds."""
        return self.posts.get(timeout=SECONDS_MAX)

    def forget(self) -> None:
        """Drop what has come so far, and answer as at first."""
        with self.posts.mutex:
            self.posts.queue.clear()
        self.answer = lambda _: (200, b"")


@dataclass
class Simulators:
    """`python -m simulators`, until the block ends."""

    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0

    def __enter__(self) -> "Simulators":
        self.port = self.port or free_port()
        fixed = {"SIMULATORS_PORT": str(self.port), "SIMULATORS_SMS_REPORT_SECONDS": "0.05"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulators"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **fixed, **self.environment},
        )
        self._wait()
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        assert self._process.wait(SECONDS_MAX) == 0

    @property
    def url(self) -> str:
        """The program's address."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **query: str) -> Any:
        """Return the JSON under this path."""
        answer = requests.get(self.url + path, params=query, timeout=SECONDS_MAX)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **content: Any) -> Any:
        """Post JSON and return the JSON that comes back."""
        answer = requests.post(self.url + path, json=content, timeout=SECONDS_MAX)
        assert answer.ok, answer.text
        return answer.json()

    def fault(self, kind: str, *, target: str = "africastalking.sms", **fields: Any) -> Any:
        """Set a fault."""
        return self.post("/control/faults", target=target, kind=kind, **fields)

    def texts(self, phone: str) -> list[str]:
        """Return the texts in a phone's inbox, newest first."""
        return [
            message["text"]
            for message in self.get("/phone/inboxes", phone=phone)[phone]["messages"]
        ]

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            assert self._process.poll() is None, "the simulators ended at once"
            with suppress(requests.ConnectionError):
                self.get("/control/health")
                return
            assert time.monotonic() < deadline, "the simulators do not answer"
            time.sleep(0.02)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
