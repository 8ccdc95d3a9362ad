"""`manage.py open_ledger_account <kind>`: open an account of ours in the ledger."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from wallets.ledger import accounts
from wallets.ledger.chart import CHART, KES, Kind
from wallets.ledger.errors import AccountUnavailable

_OWNED = (Kind.WORKER_WALLET, Kind.EMPLOYER_WALLET)


class Command(BaseCommand):
    """For banks, floats, equity and the like; members' accounts come with their wallets."""

    help = "Open an account of the company's own, by its kind in docs/ledger/chart.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the kind, and what tells the account from others of its kind."""
        parser.add_argument("kind", type=int, help="the code of the kind: 3000 is equity")
        parser.add_argument("--label", default="", help="a short code, or a bank")
        parser.add_argument("--currency", default=KES)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Open it, or say that it is there: both end with its number."""
        kinds = {int(line.kind): line for line in CHART if line.kind not in _OWNED}
        line = kinds.get(options["kind"])
        if (
            line is None
            or len(options["label"]) > 60
            or not (options["label"] or "-").isprintable()
        ):
            codes = ", ".join(str(code) for code in kinds)
            raise CommandError(f"a kind of ours is one of {codes}; a label has 60 letters at most")
        try:
            with transaction.atomic():
                number = accounts.open_account(
                    line.kind, label=options["label"], currency=options["currency"]
                )
        except AccountUnavailable:
            raise CommandError("there is no such currency") from None
        self.stdout.write(f"{line.kind:d} {line.name} {options['label']}: account {number}")
