"""Real threads with connections of their own, for races."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")


def at_once(call: Callable[[], T], *, times: int, threads: int = 8) -> list[T]:
    """Call `times` times over `threads` threads; return the outcomes, or raise what was raised."""

    def call_and_hang_up(_: int) -> T:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(call_and_hang_up, range(times)))


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Run these at the same moment, each on a connection of its own; return what each came to.

    What a call raises is what it came to.
    """
    gate = threading.Barrier(len(calls))
    outcomes: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait(10)
            outcomes[place] = call()
        except Exception as error:  # noqa: BLE001 - what was raised is the outcome
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes
