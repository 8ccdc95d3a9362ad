"""`manage.py backup <folder>`: the whole database, with a sealed manifest."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import backups


class Command(BaseCommand):
    """Writes a new folder. Run it with the address of the database's owner."""

    help = "Write the whole database into a new folder, with a manifest of hashes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **_: Any) -> None:
        """Make it; raise CommandError when it could not be made."""
        try:
            manifest = backups.make(folder)
        except backups.BackupFailed as error:
            raise CommandError(str(error)) from None
        told = f"{manifest.journals:,} journals, {manifest.postings:,} postings"
        self.stdout.write(f"{folder}: {manifest.size_bytes:,} bytes, {told}")
