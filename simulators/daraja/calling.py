"""How M-Pesa calls the product back: JSON, each call once, by a few threads. Nothing is repeated:
what is not taken is gone, as with Safaricom.
"""

import logging
import threading
from typing import Any

from simulators.daraja.answers import as_text
from simulators.daraja.bank import Bank
from simulators.outgoing import Answer, NoAnswer, post_form
from simulators.record import Record

_HEADERS = {
    "Content-Type": "application/json;charset=UTF-8",
    "User-Agent": "daraja-simulator/1.0",
}
_ANSWER_SECONDS = 10.0
_THREADS = 4
_LOOK_SECONDS = 0.05
_log = logging.getLogger("simulators.daraja")


class Calling:
    """Calls that are due: kept with the money, so that they survive a restart."""

    def __init__(self, bank: Bank, record: Record) -> None:
        """Prepare; nothing is called before `start`."""
        self._bank = bank
        self._record = record
        self._wake = threading.Event()

    def later(self, *, target: str, url: str, body: dict[str, Any], delay_seconds: float) -> None:
        """Call this address after this time."""
        text = as_text(body)
        self._bank.run(
            "INSERT INTO calls (target, url, body, due_at) VALUES (?, ?, ?, ?)",
            *(target, url, text, self._bank.clock() + delay_seconds),
        )
        self._wake.set()

    def now(
        self, *, target: str, url: str, body: str, timeout_seconds: float = _ANSWER_SECONDS
    ) -> Answer | None:
        """Call this address at once and return what it answers; None where it doesn't."""
        outcome: dict[str, Any] = {}
        answer: Answer | None = None
        try:
            answer = post_form(
                url=url, body=body, headers=_HEADERS, timeout_seconds=timeout_seconds
            )
            outcome = {"status": answer.status}
        except NoAnswer as error:
            outcome = {"error": str(error)}
        self._record.add(direction="out", target=target, fields={"body": body}, answer=outcome)
        return answer

    def start(self) -> None:
        """Begin to make the calls that are due."""
        for number in range(_THREADS):
            threading.Thread(target=self._run, name=f"calling-{number}", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                while call := self._take():
                    self.now(target=call["target"], url=call["url"], body=call["body"])
            except Exception:  # noqa: BLE001 - the thread must outlive whatever befalls one call
                _log.exception("calling failed")
            self._wake.wait(_LOOK_SECONDS)
            self._wake.clear()

    def _take(self) -> dict[str, Any] | None:
        """Take the call that is due first off the list."""
        with self._bank.transaction():
            rows = self._bank.run(
                "SELECT number, target, url, body FROM calls WHERE due_at <= ?"
                " ORDER BY due_at, number LIMIT 1",
                self._bank.clock(),
            )
            if not rows:
                return None
            self._bank.run("DELETE FROM calls WHERE number = ?", rows[0]["number"])
            return dict(rows[0])
