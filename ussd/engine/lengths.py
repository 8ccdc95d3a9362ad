"""How long sessions are, in steps wide enough to be counted: seconds, and hops."""

from bisect import bisect_left
from collections.abc import Sequence

# The last step holds whatever is longer: no network lets a session live for ten minutes.
SECONDS: Sequence[int] = (5, 10, 20, 30, 60, 90, 120, 180, 600)
HOPS: Sequence[int] = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 60)


def upto(length: int, steps: Sequence[int]) -> int:
    """Return the end of the step that holds the length, which may be anything."""
    return steps[min(bisect_left(steps, length), len(steps) - 1)]
