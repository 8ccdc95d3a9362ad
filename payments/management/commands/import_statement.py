"""`manage.py import_statement FILE`: hand in a statement of M-Pesa's, and work it off here."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nannychain.actors import of_command
from payments.reconciliation.statements import selectors, services, words
from payments.reconciliation.statements.layout import CONTENT_BYTES_MAX, Refused
from payments.reconciliation.statements.states import UNFINISHED, State

_LOOK_SECONDS = 0.5


class Command(BaseCommand):
    """Tells each step, and how it ended."""

    help = "Read an organisation statement of M-Pesa's (xlsx or csv) and compare our books with it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **_: Any) -> None:
        """Import; raise CommandError, with the reason, for a file that is refused."""
        try:
            with file.open("rb") as opened:
                content = opened.read(CONTENT_BYTES_MAX + 1)
            row, is_new = services.hand_in(
                content, name=file.name, by=of_command(), channel="command"
            )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except Refused as refused:
            raise CommandError(refused.reason) from None
        if not is_new:
            self.stdout.write("This file was handed in before.")
        while row.state in UNFINISHED:
            row = services.work_off(row.pk, tell=self.stdout.write)
            if row.state in UNFINISHED:
                time.sleep(_LOOK_SECONDS)  # a worker is at it
                row.refresh_from_db()
        told = words.now(row, still_open=selectors.open_lines(row))
        if row.state == State.REFUSED:
            raise CommandError(told)
        self.stdout.write("\n".join([told, *row.notes]))
