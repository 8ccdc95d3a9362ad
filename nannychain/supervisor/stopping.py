"""Being asked to stop, by Ctrl-C or a signal, at any moment and without breaking anything off."""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import select
import signal
import time
from pathlib import Path
from types import FrameType

from nannychain.embedded.launch import PR_SET_PDEATHSIG

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Whoever stops a whole process group reaches us, and `make`, which passes it on: that is one wish.
_ECHO_SECONDS = 0.5


class Stopped(Exception):
    """We were asked to stop while something was going on."""


class StopRequest:
    """Remembers that we were asked to stop, and wakes whoever waits.

    The handler only notes and writes one byte: raising from it could leave a child unrecorded.
    """

    def __init__(self) -> None:
        self.times = 0
        self._last_heard = -math.inf
        self._ear, self._mouth = os.pipe()
        os.set_blocking(self._mouth, False)

    @property
    def is_asked(self) -> bool:
        """Tell whether anybody asked."""
        return self.times > 0

    @property
    def is_urgent(self) -> bool:
        """Tell whether somebody asked twice."""
        return self.times > 1

    def listen(self) -> None:
        """Take over the signals that mean stop. The end of the `make` we belong to is one, too."""
        for number in _SIGNALS:
            signal.signal(number, self._hear)
        if _is_make(os.getppid()):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until asked; tell whether we were."""
        if not self.is_asked:
            select.select([self._ear], [], [], seconds)
        return self.is_asked

    def check(self) -> None:
        """Raise Stopped if we were asked."""
        if self.is_asked:
            raise Stopped

    def _hear(self, _: int, __: FrameType | None) -> None:
        instant = time.monotonic()
        if instant - self._last_heard >= _ECHO_SECONDS:
            self.times += 1
        self._last_heard = instant
        with contextlib.suppress(BlockingIOError):
            os.write(self._mouth, b"!")


def _is_make(pid: int) -> bool:
    """Tell whether the process is a make; on other systems than Linux nobody knows."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() in ("make", "gmake")
    except OSError:
        return False
