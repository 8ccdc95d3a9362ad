"""`manage.py restore <folder>`: take a backup back, and verify it."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import backups
from nannychain.actors import of_command


class Command(BaseCommand):
    """Fills an empty database. Ends with 1 where books are wrong, a sealed secret does not open, or
    its key is not here and nobody has said that it need not be.
    """

    help = "Take a backup back into an empty database; verify books and keys."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, and what may be overridden."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--replace", action="store_true", help="forget what is there now")
        parser.add_argument(
            "--from-elsewhere", action="store_true", help="sealed under another SECRET_KEY"
        )
        parser.add_argument(
            "--without-key",
            action="store_true",
            help="the keys of sealed secrets are kept elsewhere: that they open is not checked",
        )

    def handle(
        self, *, folder: Path, replace: bool, from_elsewhere: bool, without_key: bool, **_: Any
    ) -> None:
        """Restore; raise CommandError where nothing was taken back."""
        try:
            found = backups.restore(
                folder, by=of_command(), replace=replace, from_elsewhere=from_elsewhere
            )
        except backups.BackupFailed as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{found.journals:,} journals, {found.postings:,} postings")
        self.stdout.write(
            "all flows and Stellar are stopped: see docs/operations.md, After a restore"
        )
        for holder, is_open in found.opened.items():
            self.stdout.write(f"{holder}: {'one was opened' if is_open else 'DOES NOT OPEN'}")
        for each in found.missing:
            told = f"{each.holder}: the key {each.key_id} of {each.rows:,} rows is not here"
            (self.stdout if without_key else self.stderr).write(told)
        if found.faults:
            self.stderr.write(f"first fault: {found.faults[0]}")
        is_locked = bool(found.missing) and not without_key
        if found.faults or is_locked or not all(found.opened.values()):
            sys.exit(1)
        self.stdout.write("the books are right")
