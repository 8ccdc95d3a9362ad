"""A stand-in for Africa's Talking: a real HTTP server whose every answer a test decides.

It speaks the recorded wire format. The full simulator is a program of its own; this one can also
misbehave in the middle of an answer, and hold a request while a test does something else.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

FIXTURES = Path(__file__).parents[2] / "contracts" / "fixtures" / "africastalking"


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    form: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What is sent back. Without a status the connection is closed in place of an answer."""

    status: int | None = 201
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


CUT = Answer(status=None)


def fixture(name: str) -> dict[str, Any]:
    """Return one recorded payload."""
    content: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return content


def recorded(name: str) -> Answer:
    """Return a recorded answer, to the letter."""
    content = fixture(name)
    headers = {"Content-Type": content["headers"]["Content-Type"]}
    return Answer(content["http_status"], content["body_raw"].encode(), headers)


def recipients(*entries: dict[str, Any], status: int = 201) -> Answer:
    """Return an answer that lists these recipients."""
    data = {"Message": "Sent to 1/1 Total Cost: USD 0.0079", "Recipients": list(entries)}
    return Answer(status, json.dumps({"SMSMessageData": data}).encode())


def recipient(phone: str, code: object, **fields: Any) -> dict[str, Any]:
    """Return one recipient's line."""
    return {"number": phone, "statusCode": code, "status": "Word", "messageId": "None"} | fields


def accepted(phone: str, *, message_id: str | None = None) -> Answer:
    """Return what the provider says when all is well."""
    given = message_id or f"ATXid_{uuid4().hex}"
    return recipients(recipient(phone, 101, status="Success", messageId=given, cost="KES 0.8000"))


Decide = Callable[[Request], Answer]


@dataclass
class Provider:
    """The running server. Each request gets the next of `plan`, and when that is empty, a yes."""

    port: int
    plan: "Queue[Answer | Decide]" = field(default_factory=Queue)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Return the value for AT_BASE_URL."""
        return f"http://127.0.0.1:{self.port}"

    def will(self, *answers: "Answer | Decide") -> None:
        """Plan the next answers."""
        for answer in answers:
            self.plan.put(answer)

    def decide(self, request: Request) -> Answer:
        """Return what this request gets."""
        try:
            planned = self.plan.get_nowait()
        except Empty:
            return accepted(request.form["to"])
        return planned if isinstance(planned, Answer) else planned(request)


@contextmanager
def serve(port: int = 0) -> Iterator[Provider]:
    """Serve on this port, or on a free one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            provider.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = dict(parse_qsl(body, keep_blank_values=True, strict_parsing=True))
            request = Request(self.path, dict(self.headers), form)
            provider.requests.append(request)
            answer = provider.decide(request)
            if answer.status is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *arguments: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, *_: Any) -> None:
            pass  # a client that was killed leaves a broken connection behind

    server = Server(("127.0.0.1", port), Handler)
    provider = Provider(port=server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Held:
    """An answer that waits: `arrived` is set with the request, and it ends with `release`."""

    answer: Answer
    arrived: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    def __call__(self, request: Request) -> Answer:
        """Hold the request."""
        self.arrived.set()
        self.release.wait(20)
        return self.answer
