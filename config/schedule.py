"""What beat rings, how often, and why. A sweep is the guarantee; the immediate call is speed."""

from dataclasses import dataclass
from datetime import time
from typing import Any

from celery.schedules import crontab

_DAY_SECONDS = 86_400.0
_NAIROBI_HOURS = 3  # ahead of UTC, all year


@dataclass(frozen=True)
class Entry:
    """One line of the timetable: task name, period in seconds, and the reason for it.

    With `at`, it rings once a day, at that time in Nairobi.
    """

    task: str
    every_seconds: float
    why: str
    at: time | None = None

    @property
    def period(self) -> str:
        """Return when it rings, in words."""
        return f"{self.every_seconds:g} s" if self.at is None else f"daily at {self.at:%H:%M}"

    def as_celery(self) -> dict[str, Any]:
        """Return the entry as Celery wants it; a call that waited over two periods is dropped."""
        schedule: float | crontab = self.every_seconds
        if self.at is not None:
            hour = (self.at.hour - _NAIROBI_HOURS) % 24
            schedule = crontab(hour=str(hour), minute=str(self.at.minute))
        return {
            "task": self.task,
            "schedule": schedule,
            "options": {
                "expires": max(10.0, 2 * self.every_seconds),
                "retry": True,  # a connection that was cut is made anew, whatever the broker
            },
        }


SCHEDULE = (
    Entry("nannychain.health.beat", 5, "tells /health/ready that beat, broker and a worker live"),
    Entry("nannychain.api.forget_keys", 3_600, "forgets Idempotency-Keys of over a month ago"),
    Entry("nannychain.alerts.evaluate", 60, "looks whether something needs a person"),
    Entry("nannychain.alerts.deliver", 15, "tells of alerts by e-mail and webhook, each once"),
    Entry("nannychain.outbox.relay", 5, "delivers events whose immediate delivery was lost"),
    Entry("nannychain.inbox.sweep", 5, "works off callbacks whose immediate task was lost"),
    Entry("nannychain.approvals.expire", 300, "closes requests that nobody decided about in time"),
    Entry("wallets.stellar.sweep", 2, "opens accounts that wait, and follows what is under way"),
    Entry("wallets.stellar.watching.watch", 5, "records what happens on Stellar accounts of ours"),
    Entry("wallets.stellar.reclaim", 600, "closes sponsored accounts that are long idle"),
    Entry("wallets.ledger.roll_up", 2, "puts postings onto hot accounts into their balances"),
    Entry("wallets.ledger.expire_holds", 60, "releases holds whose time is over"),
    Entry("wallets.ledger.check_books", _DAY_SECONDS, "recomputes all books", at=time(2, 10)),
    Entry("ussd.keep_figures", 60, "keeps what was counted of screens, before Redis may lose it"),
    Entry("ussd.forget_old", 600, "forgets answers and payments too old to be asked about again"),
    Entry("payments.deposits.sweep", 2, "sends prompts that wait, and asks about silent ones"),
    Entry("payments.withdrawals.sweep", 2, "sends payouts that wait, and asks about silent ones"),
    Entry("payments.paybill.sweep", 5, "asks about payments in doubt, and gives back"),
    Entry("payments.paybill.pull", 600, "finds payments whose confirmation was lost"),
    Entry("payments.paybill.pull_far_back", _DAY_SECONDS, "the same for two days", at=time(3, 10)),
    Entry(
        "payments.reconciliation.statements.sweep",
        30,
        "goes on with statements whose worker died",
    ),
    Entry(
        "payments.reconciliation.statements.compare",
        3_600,
        "sees whether breaks of a statement were settled since",
    ),
    Entry("payments.reconciliation.ask_balances", 3_600, "compares our floats with M-Pesa's word"),
    Entry("payments.reconciliation.run", _DAY_SECONDS, "reconciles the day before", at=time(2, 40)),
    Entry("payments.reconciliation.print_all", 600, "prints reports that are not printed yet"),
    Entry("payments.limits.watch_caps", 60, "tells staff when a cap of the mode comes near"),
    Entry("payments.limits.release", 300, "sets free what was above a limit and has room now"),
    Entry("workers.identity.tidy", 600, "forgets codes, verdicts and tokens that are over"),
    Entry("workers.identity.sim_swaps.sweep", 30, "asks when members' SIMs were last changed"),
    Entry("nannychain.notifications.sweep", 5, "sends SMS that wait, retries, settles the unknown"),
)
