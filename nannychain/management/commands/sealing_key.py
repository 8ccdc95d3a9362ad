"""`manage.py sealing_key`: print the public half of the sealing key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from nannychain.sealing import keys
from nannychain.sealing.opening import held_key_ids
from nannychain.sealing.seal import newest_public_key


class Command(BaseCommand):
    """Prints the value for SEALING_PUBLIC_KEY, for processes that seal and never open."""

    help = "Print the public key for SEALING_PUBLIC_KEY (no secret)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the wish to see the ids of all keys."""
        parser.add_argument(
            "--ids", action="store_true", help="also print the ids of the keys that can open here"
        )

    def handle(self, *, ids: bool, **_: Any) -> None:
        """Print the key, and nothing else unless asked."""
        self.stdout.write(keys.encode(newest_public_key()))
        if ids:
            for key_id in held_key_ids():
                self.stdout.write(key_id)
