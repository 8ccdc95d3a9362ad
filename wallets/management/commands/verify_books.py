"""`manage.py verify_books`: recompute all books, and name the first fault."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from wallets.ledger.checking import services
from wallets.ledger.checking.checks import Check


class Command(BaseCommand):
    """Ends with 1 where the books are wrong; what is late is told, and is no fault."""

    help = "Recompute the ledger's invariants; exit 1 and the first fault when broken."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Check, line by line."""
        report = services.verify(on_progress=self._tell)
        self.stdout.write(f"{report.journals:,} journals, {report.postings:,} postings")
        for sentence in report.late:
            self.stdout.write(self.style.WARNING(f"late: {sentence}"))
        if report.faults:
            self.stderr.write(self.style.ERROR(f"first fault: {report.faults[0]}"))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS("the books are right"))

    def _tell(self, check: Check, found: list[str], seconds: float) -> None:
        word = "ok" if not found else "late" if check.is_due else "FAULT"
        self.stdout.write(f"{word:>5}  {check.phrase} ({seconds:.2f} s)")
