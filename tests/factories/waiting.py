"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable


def until(holds: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait until it holds; fail when it takes longer than a slow machine would."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)
