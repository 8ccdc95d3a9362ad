"""HTTP to the outside, against real sockets that misbehave."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from django.db import transaction

from nannychain.http import AnswerLost, NotSent, Session
from nannychain.transactions import TransactionForbidden

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def serve() -> Iterator[Callable[[bytes | None], str]]:
    """Return a maker of one-shot servers that answer with given bytes (None: never)."""
    sockets: list[socket.socket] = []
    release = threading.Event()

    def start(answer: bytes | None) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        sockets.append(server)

        def run() -> None:
            with closing(server.accept()[0]) as connection:
                connection.recv(65536)
                if answer is None:
                    release.wait(10)
                else:
                    connection.sendall(answer)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/secret/path?token=1"

    yield start
    release.set()
    for server in sockets:
        server.close()


def test_an_answer_of_any_status_comes_back(serve: Callable[[bytes | None], str]) -> None:
    assert Session().exchange("GET", serve(OK)).text == "ok"
    broken = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    assert Session().exchange("POST", serve(broken), data={"a": "1"}).status_code == 503


def test_a_redirect_is_an_answer_and_is_not_followed(serve: Callable[[bytes | None], str]) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
    assert Session().exchange("POST", serve(moved)).status_code == 302


def test_a_refused_connection_was_certainly_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotSent):
        Session().exchange("POST", f"http://127.0.0.1:{port}/")


def test_an_unknown_host_was_certainly_not_sent() -> None:
    with pytest.raises(NotSent):
        Session().exchange("POST", "http://nobody.invalid/")


def test_silence_may_have_been_received(serve: Callable[[bytes | None], str]) -> None:
    with pytest.raises(AnswerLost):
        Session(read_seconds=0.2).exchange("POST", serve(None))


@pytest.mark.parametrize(
    "cut", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"junk\r\n"]
)
def test_a_cut_answer_may_have_been_received(
    serve: Callable[[bytes | None], str], cut: bytes
) -> None:
    with pytest.raises(AnswerLost):
        Session().exchange("POST", serve(cut))


@pytest.mark.django_db
def test_nothing_is_called_within_a_transaction() -> None:
    with transaction.atomic(), pytest.raises(TransactionForbidden):
        Session().exchange("POST", "http://127.0.0.1:9/")


def test_neither_path_nor_body_is_logged(
    serve: Callable[[bytes | None], str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="nannychain")
    Session().exchange("POST", serve(OK), data={"message": "code 123456"})
    lines = [r for r in caplog.records if r.name.startswith("nannychain")]
    assert lines
    for secret in ("secret", "token", "123456"):
        assert secret not in str([record.msg for record in lines])
