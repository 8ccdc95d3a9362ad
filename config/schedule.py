"""What beat rings, how often, and why. A sweep is the guarantee; the immediate call is speed."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One line of the timetable: task name, period in seconds, and the reason for it."""

    task: str
    every_seconds: float
    why: str

    def as_celery(self) -> dict[str, Any]:
        """Return the entry as Celery wants it; a call that waited over two periods is dropped."""
        return {
            "task": self.task,
            "schedule": self.every_seconds,
            "options": {"expires": max(10.0, 2 * self.every_seconds)},
        }


SCHEDULE = (
    Entry("nannychain.health.beat", 5, "tells /health/ready that beat, broker and a worker live"),
    Entry("nannychain.outbox.relay", 5, "delivers events whose immediate delivery was lost"),
    Entry("nannychain.inbox.sweep", 5, "works off callbacks whose immediate task was lost"),
    Entry("wallets.stellar.sweep", 2, "opens accounts that wait, and follows what is under way"),
    Entry("wallets.stellar.watching.watch", 5, "records what happens on Stellar accounts of ours"),
    Entry("wallets.stellar.reclaim", 600, "closes sponsored accounts that are long idle"),
    Entry("nannychain.notifications.sweep", 5, "sends SMS that wait, retries, settles the unknown"),
)
