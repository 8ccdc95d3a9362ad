"""`manage.py stellar_after_reset --yes`: begin anew on a test network that has forgotten all."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from wallets.stellar import resetting


class Command(BaseCommand):
    """See the module."""

    help = "After a reset of the test network: have all accounts opened anew."

    def add_arguments(self, parser: CommandParser) -> None:
        """Ask for a clear word."""
        parser.add_argument("--yes", action="store_true", help="yes, all of them")

    def handle(self, *, yes: bool, **_: Any) -> None:
        """Begin anew and tell how much that is."""
        if settings.STELLAR_NETWORK != "TESTNET":
            raise CommandError("Only test networks are ever reset.")
        if not yes:
            raise CommandError("This opens all accounts anew. Say --yes.")
        self.stdout.write(f"{resetting.begin_anew()} accounts wait to be opened anew.")
