"""`manage.py create_account <phone>`: open an account, as every other way in does."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nannychain.errors import NannyChainError
from nannychain.language import DEFAULT as DEFAULT_LANGUAGE
from nannychain.language import codes
from workers.identity import services


class Command(BaseCommand):
    """Opens an account and prints its Worker ID and public key. Running it twice is harmless."""

    help = "Open an account for a phone number, in any usual spelling."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the phone and what is optional."""
        parser.add_argument("phone")
        parser.add_argument("--name", default="")
        parser.add_argument("--language", choices=codes(), default=DEFAULT_LANGUAGE)
        parser.add_argument("--no-sms", action="store_true", help="send no welcome SMS")

    def handle(self, *, phone: str, name: str, language: str, no_sms: bool, **_: Any) -> None:
        """Open the account; raise CommandError, with one line, where that is refused."""
        try:
            account = services.create_account(
                phone, name=name, language=language, channel="command", send_sms=not no_sms
            )
        except NannyChainError as error:
            raise CommandError(str(error.message)) from None
        self.stdout.write(f"worker_id: {account.member.worker_id}")
        self.stdout.write(f"stellar_public_key: {account.member.wallet.stellar_public_key}")
        self.stdout.write(f"already_exists: {str(account.already_exists).lower()}")
