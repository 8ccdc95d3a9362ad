"""`manage.py reconcile`: the daily run, now."""

import sys
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser

from nannychain.actors import Actor
from nannychain.errors import NannyChainError
from nannychain.money import display
from payments.reconciliation import services
from payments.reconciliation.reports import printing
from workers.identity import selectors as members

log = structlog.get_logger(__name__)

OPEN, FAILED = 1, 2


class Command(BaseCommand):
    """Ends with 0 where nothing is open, 1 where breaks are, and 2 where it couldn't run."""

    help = "Reconcile now: finish, ask, compare, and make the report of the day that is over."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how long to wait for M-Pesa, and why another version of the report is wanted."""
        parser.add_argument(
            "--wait",
            type=float,
            default=services.WAIT_SECONDS,
            metavar="SECONDS",
            help="how long to wait for the balances that M-Pesa tells by callback",
        )
        parser.add_argument(
            "--supersede",
            default="",
            metavar="REASON",
            help="make another version of the day's report, for this reason",
        )
        parser.add_argument(
            "--by",
            default="",
            metavar="WORKER_ID",
            help="who of the staff wants it: somebody else has to sign it off",
        )

    def handle(self, *, wait: float, supersede: str, by: str, **_: Any) -> None:
        """Run, line by line."""
        who = _staff(by)
        if who is None and (by or supersede):
            self.stderr.write(self.style.ERROR("--by must be the Worker ID of one of the staff"))
            sys.exit(FAILED)
        try:
            done = services.run(
                by=who, wait_seconds=wait, supersede=supersede, on_progress=self._tell
            )
            printing.print_all()
        except NannyChainError as error:
            self.stderr.write(self.style.ERROR(str(error.message)))
            sys.exit(FAILED)
        except Exception as error:
            log.exception("reconciliation.failed")
            self.stderr.write(self.style.ERROR(f"could not run: {type(error).__name__}: {error}"))
            sys.exit(FAILED)
        made = "is made" if done.is_new else "was there before"
        self.stdout.write(f"report {done.report} {made}")
        if done.open_breaks:
            self.stdout.write(self.style.WARNING(f"{done.open_breaks:,} breaks are open"))
            sys.exit(OPEN)
        self.stdout.write(self.style.SUCCESS("nothing is open"))

    def _tell(self, step: str, came_to: Any) -> None:
        told = display(came_to) if step == "safeguarding" else came_to
        self.stdout.write(f"  {step}: {told}")


def _staff(text: str) -> Actor | None:
    """Return who of the staff is named so; None where nobody is."""
    member = members.member_by_address(text)
    if member is None or not member.is_staff:
        return None
    return Actor(id=member.pk, name=str(member))
