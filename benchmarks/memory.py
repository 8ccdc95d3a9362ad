"""What one web process holds in memory, beside one of a bare Django.

By the yardstick each process loads Django by itself, as gunicorn does unless it is told otherwise.
One that is forked from a loaded Django, as ours are, is shown beside it.
"""

import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.report import Figure
from benchmarks.stack import ROOT, Stack, free_port

_REQUESTS, _CALLERS = 2_000, 16
_SECONDS = 5.0  # of hops, after which a process has all that it will hold
_START_SECONDS = 30


def process(stack: Stack, *, is_quick: bool) -> list[Figure]:  # noqa: ARG001 - as every part
    """Measure the proportional set size, in which shared pages count by how many share them."""
    stack.load(["/ussd"], callers=_CALLERS, seconds=_SECONDS, crowd="members")
    ours = _pss_mb(stack.web.pid)
    bare = _bare("-w", "2", "-k", "gthread", "--threads", "8", "-b", "127.0.0.1:{port}")
    forked = _bare("-c", "config/gunicorn.py")
    what = "memory of one web process (PSS)"
    return [
        Figure(what, ours, "MB", "a bare Django process", bare, ours / bare, "<= 3",
               ours <= 3 * bare),
        Figure(what, ours, "MB", "a bare Django process, forked", forked, ours / forked, "-", None),
    ]  # fmt: skip


def _bare(*options: str) -> float:
    """Start a bare Django with these options of gunicorn's; return what a called process holds."""
    port = free_port()
    master = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn"),
            *(option.format(port=port) for option in options),
            "benchmarks.bare",
        ],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        with ThreadPoolExecutor(_CALLERS) as callers:
            list(callers.map(_call, [port] * _REQUESTS))
        return _pss_mb(master.pid)
    finally:
        master.terminate()
        master.wait(10)


def _wait(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return _call(port)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _call(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        answer.read()


def _pss_mb(master: int) -> float:
    """Return the median of the workers of a gunicorn, in megabytes."""
    workers = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()
    held = []
    for worker in workers:
        rollup = Path(f"/proc/{worker}/smaps_rollup").read_text(encoding="ascii")
        found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
        assert found is not None
        held.append(int(found[1]) / 1024)
    return statistics.median(held)


PARTS = {"memory": process}
