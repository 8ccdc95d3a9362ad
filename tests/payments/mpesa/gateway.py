"""A stand-in for Daraja: a real HTTP server whose every answer a test decides.

The full simulator is a program of its own; this one can say anything at all, and break off.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any

TOKEN_PATH = "/oauth/v1/generate"


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    """What is sent back. Without a status the connection is closed in place of an answer."""

    status: int | None = 200
    body: bytes = b"{}"


CUT = Answer(status=None)
Decide = Callable[[Request], Answer]


def told(status: int = 200, /, **body: Any) -> Answer:
    """Return a JSON answer."""
    return Answer(status, json.dumps(body).encode())


@dataclass
class Gateway:
    """The running server. A call gets the next of `plan`, and when that is empty, a yes."""

    port: int
    plan: "Queue[Answer | Decide]" = field(default_factory=Queue)
    token_plan: "Queue[Answer | Decide]" = field(default_factory=Queue)
    calls: list[Request] = field(default_factory=list)
    token_calls: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return the value for MPESA_BASE_URL."""
        return f"http://127.0.0.1:{self.port}"

    def will(self, *answers: "Answer | Decide") -> None:
        """Plan the next answers to calls."""
        for answer in answers:
            self.plan.put(answer)

    def will_give(self, *answers: "Answer | Decide") -> None:
        """Plan the next answers to whoever asks for a token."""
        for answer in answers:
            self.token_plan.put(answer)

    def decide(self, request: Request) -> Answer:
        """Return what this request gets."""
        is_token = request.path.startswith(TOKEN_PATH)
        (self.token_calls if is_token else self.calls).append(request)
        usual = (
            told(access_token=f"token-{len(self.token_calls)}", expires_in="3599")
            if is_token
            else told(ResponseCode="0", ResponseDescription="Accepted")
        )
        try:
            planned = (self.token_plan if is_token else self.plan).get_nowait()
        except Empty:
            return usual
        return planned if isinstance(planned, Answer) else planned(request)


@contextmanager
def serve() -> Iterator[Gateway]:
    """Serve on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: Any) -> None:
            answer = gateway.decide(
                Request(self.command, self.path, dict(self.headers.items()), body)
            )
            if answer.status is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *arguments: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    gateway = Gateway(port=server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
