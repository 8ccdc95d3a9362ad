"""Real threads with connections of their own, for races."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

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
