"""Sentry's end of the wire: a real HTTP server that takes envelopes, and keeps all it was sent.

The format: https://develop.sentry.dev/sdk/data-model/envelopes/. A line of JSON for the envelope,
then for each item a line of JSON with its length and so many bytes.
"""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Sentry:
    """A running one: where it is, and all that came to it."""

    dsn: str
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def everything(self) -> str:
        """Return all that was sent, headers and paths too, as one text."""
        return "\n".join(
            f"{path}\n{headers}\n{body.decode()}" for path, headers, body in self.requests
        )

    @property
    def items(self) -> list[tuple[str, dict[str, Any]]]:
        """Return each item's type and content."""
        return [item for _, _, body in self.requests for item in _items(body)]

    def events(self, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Return the errors told of which this holds."""
        return [content for kind, content in self.items if kind == "event" and wanted(content)]

    def wait_for(
        self, wanted: Callable[[dict[str, Any]], bool], *, seconds: float = 60
    ) -> dict[str, Any]:
        """Return the first error of which it holds, as soon as it has come."""
        deadline = time.monotonic() + seconds
        while not (found := self.events(wanted)):
            assert time.monotonic() < deadline, self.everything
            time.sleep(0.05)
        return found[0]


def _items(body: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    _, _, rest = body.partition(b"\n")
    while rest.strip():
        head, _, rest = rest.partition(b"\n")
        header = json.loads(head)
        length = int(header["length"])
        content, rest = rest[:length], rest[length + 1 :]
        yield header["type"], json.loads(content)


class _Handler(BaseHTTPRequestHandler):
    sentry: Sentry

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        encoding = self.headers.get("Content-Encoding", "")
        if encoding == "br":
            import brotli  # type: ignore[import-not-found]

            body = brotli.decompress(body)
        elif encoding == "gzip":
            body = gzip.decompress(body)
        self.sentry.requests.append((self.path, dict(self.headers), body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running() -> Iterator[Sentry]:
    """Run one on a port of its own."""
    sentry = Sentry(dsn="")
    handler = type("Handler", (_Handler,), {"sentry": sentry})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    sentry.dsn = f"http://{'ab' * 16}@127.0.0.1:{server.server_port}/42"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield sentry
    finally:
        server.shutdown()
        server.server_close()
