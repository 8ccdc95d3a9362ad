"""What went over the wire lately, in memory, for tests and for curious people.

API keys and callback addresses are not kept; an address is named by the setting that holds it.
"""

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

_KEPT = 1000


class Record:
    """The last thousand requests, received and made, oldest first."""

    def __init__(self) -> None:
        """Begin with an empty record."""
        self._entries: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def add(
        self, *, direction: str, target: str, fields: Mapping[str, str], answer: Mapping[str, Any]
    ) -> None:
        """Keep one exchange: direction is `in` or `out`, `answer` its status and body, or error."""
        entry = {
            "at": round(time.time(), 3),
            "direction": direction,
            "target": target,
            "fields": dict(fields),
            **answer,
        }
        with self._lock:
            self._entries.append(entry)

    def all(self, target: str = "") -> list[dict[str, Any]]:
        """Return what is kept, or only what concerns one target."""
        with self._lock:
            return [entry for entry in self._entries if target in ("", entry["target"])]

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
