"""A load generator: callers that each keep one connection open and wait for each answer.

Run as a program of its own (`python -m benchmarks.load`), so that its threads don't share a process
with what they measure. Prints one JSON object.
"""

import argparse
import json
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote_plus

_HOPS = ("", "11", "11*0", "11*0*8", "11*0*8*0", "11*0*8*0*9")
_PHONES = 1000
WITH_PIN = 64  # so many of them, and this PIN
PIN = "4071"


def forms(caller: int) -> Iterator[bytes]:
    """Yield Africa's Talking's form posts of a member who walks through the menus for ever."""
    session = 0
    while True:
        session += 1
        phone = quote_plus(f"+2547{(caller * 131 + session) % _PHONES:08d}")
        session_id = f"ATUid_{caller}_{session}_{time.time_ns()}"
        for text in _HOPS:
            yield (
                f"phoneNumber={phone}&serviceCode=%2A384%2A2024%23&text={quote_plus(text)}"
                f"&sessionId={session_id}&networkCode=63902"
            ).encode()


def _balances(caller: int, *, hops: tuple[str, ...]) -> Iterator[bytes]:
    for session in range(10**9):
        phone = quote_plus(f"+2547{(caller * 131 + session) % WITH_PIN:08d}")
        session_id = f"ATUid_b{caller}_{session}_{time.time_ns()}"
        for text in hops:
            yield (
                f"phoneNumber={phone}&serviceCode=%2A384%2A2024%23&text={quote_plus(text)}"
                f"&sessionId={session_id}&networkCode=63902"
            ).encode()


def balances(caller: int) -> Iterator[bytes]:
    """Yield the posts of members who choose the balance, and hang up when asked for the PIN."""
    return _balances(caller, hops=("", "1"))


def pins(caller: int) -> Iterator[bytes]:
    """Yield the posts of members who dial, choose the balance, and enter the PIN."""
    return _balances(caller, hops=("", "1", f"1*{PIN}"))


def joining(caller: int) -> Iterator[bytes]:
    """Yield the same, and now and then a new phone that joins, so that SMS are to be sent."""
    for count, form in enumerate(forms(caller)):
        if count % 40 == 0:
            phone = quote_plus(f"+2541{time.time_ns() % 10**8:08d}")
            yield (
                f"phoneNumber={phone}&serviceCode=%2A384%2A2024%23&text=1%2A1"
                f"&sessionId=ATUid_j{caller}_{time.time_ns()}&networkCode=63902"
            ).encode()
        yield form


def results(caller: int) -> Iterator[bytes]:
    """Yield the results of prompts, as M-Pesa posts them: each another one."""
    for count in range(10**9):
        yield (
            b'{"Body":{"stkCallback":{"MerchantRequestID":"%d-%d","CheckoutRequestID":"ws_CO_%d",'
            b'"ResultCode":0,"ResultDesc":"The service request is processed successfully.",'
            b'"CallbackMetadata":{"Item":[{"Name":"Amount","Value":1500.00},'
            b'{"Name":"MpesaReceiptNumber","Value":"UKL1A2B3C4"},{"Name":"Balance"},'
            b'{"Name":"TransactionDate","Value":20261120093000},'
            b'{"Name":"PhoneNumber","Value":254712345678}]}}}}'
        ) % (caller, count, time.time_ns())


# What callers send, and how a right answer to it begins.
CROWDS: dict[str, tuple[Callable[[int], Iterator[bytes]], tuple[bytes, ...]]] = {
    "members": (forms, (b"CON ", b"END ")),
    "joining": (joining, (b"CON ", b"END ")),
    "balances": (balances, (b"CON ",)),
    "pins": (pins, (b"CON ", b"END ")),
    "results": (results, (b'{"Re',)),
}


@dataclass
class Caller:
    """One caller: sends, waits for the whole answer, notes the time it took."""

    port: int
    path: str
    bodies: Iterator[bytes]
    right: tuple[bytes, ...]
    seconds: list[float] = field(default_factory=list)
    errors: int = 0

    def run(self, until: float) -> None:
        """Call until the time has come."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while time.perf_counter() < until:
                started = time.perf_counter()
                if not self._exchange(connection, next(self.bodies)):
                    self.errors += 1
                self.seconds.append(time.perf_counter() - started)

    def _exchange(self, connection: socket.socket, body: bytes) -> bool:
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._receive(connection)
        header, _, rest = answer.partition(b"\r\n\r\n")
        length = int(header.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(rest) < length:
            rest += self._receive(connection)
        return header.startswith(b"HTTP/1.1 200") and rest[:4] in self.right

    @staticmethod
    def _receive(connection: socket.socket) -> bytes:
        received = connection.recv(8192)
        if not received:
            raise ConnectionError("the server has hung up")
        return received


def run(
    *, port: int, paths: list[str], callers: int, seconds: float, crowd: str
) -> dict[str, float]:
    """Let `callers` call for `seconds`; return requests per second, p50 and p99 in ms, errors.

    With several paths, each caller has one of its own.
    """
    make, right = CROWDS[crowd]
    members = [
        Caller(port, paths[number % len(paths)], make(number), right) for number in range(callers)
    ]
    started = time.perf_counter()
    threads = [threading.Thread(target=one.run, args=(started + seconds,)) for one in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    taken = sorted(second for one in members for second in one.seconds)
    cuts = statistics.quantiles(taken, n=100)
    return {
        "requests": len(taken),
        "per_second": len(taken) / elapsed,
        "p50": cuts[49] * 1000,
        "p99": cuts[98] * 1000,
        "errors": sum(one.errors for one in members),
    }


def main() -> None:
    """Read the command line and print the outcome as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--paths", nargs="+", required=True)
    parser.add_argument("--callers", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--crowd", choices=CROWDS, default="members")
    print(json.dumps(run(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
