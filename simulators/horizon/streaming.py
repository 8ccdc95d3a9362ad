"""Streams of server-sent events: what there is, then what comes, until it is time to come anew.

Horizon ends each stream after less than a minute; clients come back with the last token. Each
stream holds a thread, so there are only so many, and one whose client has left ends at once.
"""

import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request

from simulators.faults import Faults
from simulators.horizon import answers, asking
from simulators.horizon.node import Node

STREAMS_MAX = 16
_LOOK_SECONDS = 0.5
_BATCH = 200
_HELLO = 'retry: 1000\nevent: open\ndata: "hello"\n\n'
_BYEBYE = 'retry: 10\nevent: close\ndata: "byebye"\n\n'


@dataclass(frozen=True)
class Wanted:
    """Of which records a stream is; `filters` as History.page has them."""

    kind: str
    after: tuple[int, int] | None
    filters: dict[str, Any]


@dataclass
class Streams:
    """All streams of one node."""

    node: Node
    faults: Faults
    target: str
    _places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(STREAMS_MAX))

    def answer(self, wanted: Wanted) -> Response:
        """Begin a stream for this request, or refuse it when there are too many."""
        latest = self.node.latest
        if not self._places.acquire(blocking=False):
            return answers.problem("rate_limit_exceeded", latest=latest)
        client: socket.socket = request.environ["gunicorn.socket"]
        response = Response(
            self._events(wanted, client), content_type=f"{asking.STREAM}; charset=utf-8"
        )
        # Not in the generator: one that is never begun would keep its place for ever.
        response.call_on_close(self._places.release)
        return response

    def _events(self, wanted: Wanted, client: socket.socket) -> Iterator[str]:
        node, after, resets = self.node, wanted.after, self.node.resets
        ends_at = time.monotonic() + node.knobs.stream_seconds
        yield _HELLO
        while time.monotonic() < ends_at and node.resets == resets:
            latest = node.latest.sequence
            found = node.history.page(
                wanted.kind, after=after, limit=_BATCH, until=latest, **wanted.filters
            )
            for record in found:
                event = f"id: {record['paging_token']}\ndata: {json.dumps(record)}\n\n"
                if self.faults.take(target=self.target, kind="stream_cut", phones=()):
                    yield event[: len(event) // 2]
                    client.shutdown(socket.SHUT_RDWR)
                    return
                yield event
            if found:
                token = found[-1]["paging_token"]
                after = asking.position(token, newest=0, kind=wanted.kind)
            elif _has_left(client):
                return
            else:
                self._wait(latest=latest, resets=resets)
        yield _BYEBYE

    def _wait(self, *, latest: int, resets: int) -> None:
        """Wait for news, but not for long: it is to be seen whether the client is still there."""
        node = self.node
        node.wait(
            seconds=_LOOK_SECONDS,
            until=lambda: (node.latest.sequence, node.resets) != (latest, resets),
        )


def _has_left(client: socket.socket) -> bool:
    """Tell whether the client has closed the connection: there is an end to be read."""
    try:
        readable, _, _ = select.select([client], [], [], 0)
        return bool(readable) and client.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True
