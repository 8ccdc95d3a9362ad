"""Limits of an exchange that no server can stretch, and connections that get old."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from nannychain import http
from nannychain.http import AnswerLost, NotSent, Session

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Talk = Callable[[socket.socket], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Talk], str]]:
    """Return a maker of servers that let `talk` speak on each connection."""
    sockets: list[socket.socket] = []

    def start(talk: Talk) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        sockets.append(server)

        def run() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=speak, args=(connection,), daemon=True).start()

        def speak(connection: socket.socket) -> None:
            with closing(connection), suppress(OSError):
                talk(connection)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/"

    yield start
    for server in sockets:
        server.close()


def test_an_answer_that_trickles_ends_after_its_time(
    serve: Callable[[Talk], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.3)

    def trickle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)

    started = time.monotonic()
    with pytest.raises(AnswerLost):
        Session().exchange("POST", serve(trickle))
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("head", [b"Content-Length: 9000000\r\n\r\n", b"\r\n"])
def test_an_answer_that_is_too_big_is_not_kept(
    serve: Callable[[Talk], str], monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr(http, "BODY_BYTES_MAX", 100_000)

    def flood(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        while True:
            connection.sendall(b"x" * 65536)

    with pytest.raises(AnswerLost):
        Session().exchange("POST", serve(flood))


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok",
    ],
)
def test_an_answer_is_read_whole_however_it_is_framed(
    serve: Callable[[Talk], str], answer: bytes
) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    response = Session().exchange("POST", serve(talk))
    assert (response.text, response.content) == ("ok", b"ok")


@pytest.mark.parametrize(("idle_seconds", "connections"), [(60.0, 1), (0.0, 3)])
def test_a_connection_is_used_again_unless_it_was_idle_for_long(
    serve: Callable[[Talk], str],
    monkeypatch: pytest.MonkeyPatch,
    idle_seconds: float,
    connections: int,
) -> None:
    monkeypatch.setattr(http, "IDLE_SECONDS_MAX", idle_seconds)
    seen: list[socket.socket] = []

    def talk(connection: socket.socket) -> None:
        seen.append(connection)
        while connection.recv(65536):
            connection.sendall(OK)

    address, session = serve(talk), Session()
    for _ in range(3):
        session.exchange("POST", address)
    assert len(seen) == connections


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_server_that_can_not_prove_who_it_is_was_certainly_not_told_anything(
    serve: Callable[[Talk], str], tmp_path: Path
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    options = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    command = ["openssl", "req", *options, "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    told: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            told.append(secure.recv(65536))

    with pytest.raises(NotSent):
        Session().exchange("POST", serve(talk).replace("http:", "https:"), data={"a": "1"})
    assert told == []
