"""A wire to a provider that can be cut: what is sent passes, or is swallowed in silence."""

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Tap:
    """Listens on a port, and passes each connection on to another, unless it is a black hole."""

    def __init__(self, target_port: int) -> None:
        self.is_black_hole = False
        self.swallowed = 0
        self._target_port = target_port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Take no more connections."""
        self._server.close()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                threading.Thread(target=self._pass_on, args=(near,), daemon=True).start()

    def _pass_on(self, near: socket.socket) -> None:
        target = ("127.0.0.1", self._target_port)
        with contextlib.suppress(OSError), near, socket.create_connection(target) as far:
            other = {near: far, far: near}
            while True:
                for ready in select.select([near, far], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    if self.is_black_hole:
                        self.swallowed += ready is near
                    else:
                        other[ready].sendall(data)


@contextmanager
def taps(count: int, *, target_port: int) -> Iterator[list[Tap]]:
    """Open so many of them to one port."""
    opened = [Tap(target_port) for _ in range(count)]
    try:
        yield opened
    finally:
        for tap in opened:
            tap.close()
