"""Clients that work at once: threads of a process, each with a connection, as gunicorn's are.

pgbench's yardstick has eight clients in two threads of one program. Eight programs of Python would
measure how two processors change between them.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Sequence

_WARM_UP = 10


def work(steps: Sequence[Callable[[], int]], *, seconds: float) -> None:
    """Let each step be repeated in a thread of its own until the time is over, and print what came.

    Prints `ready` once all are warm, waits for a line, and prints one JSON object at the end.
    """
    barrier = threading.Barrier(len(steps) + 1)
    counts = [0] * len(steps)
    times: list[list[float]] = [[] for _ in steps]

    def client(place: int, step: Callable[[], int]) -> None:
        for _ in range(_WARM_UP):
            step()
        barrier.wait()
        barrier.wait()
        begin = now = time.perf_counter()
        while now - begin < seconds:
            before = now
            counts[place] += step()
            now = time.perf_counter()
            times[place].append(now - before)

    threads = [threading.Thread(target=client, args=each, daemon=True) for each in enumerate(steps)]
    for thread in threads:
        thread.start()
    barrier.wait()
    print("ready", flush=True)
    sys.stdin.readline()
    begin = time.perf_counter()
    barrier.wait()
    for thread in threads:
        thread.join()
    taken = sorted(each for found in times for each in found)
    print(
        json.dumps(
            {
                "per_second": sum(counts) / (time.perf_counter() - begin),
                "p50_ms": taken[len(taken) // 2] * 1000,
                "p99_ms": taken[len(taken) * 99 // 100] * 1000,
            }
        )
    )
