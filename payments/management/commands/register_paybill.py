"""`manage.py register_paybill`: tell M-Pesa where payments to our number are told."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from payments.mpesa import account, client
from payments.mpesa.callbacks.addresses import paybill_urls
from payments.mpesa.meanings import Outcome


class Command(BaseCommand):
    """Registers the two addresses. In production Safaricom lets it be done once."""

    help = "Register the addresses of validation and confirmation for the paybill number."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what M-Pesa shall do with a payment while we don't answer."""
        parser.add_argument(
            "--cancel-without-us",
            action="store_true",
            help="payments are refused while our validation does not answer",
        )

    def handle(self, *, cancel_without_us: bool, **_: Any) -> None:
        """Register; raise CommandError, with one line, where that was not taken."""
        if not account.can_take():
            raise CommandError("M-Pesa is not set up: see MPESA_CONSUMER_KEY in .env.example")
        validation, confirmation = paybill_urls()
        answer = client.register_urls(
            confirmation_url=confirmation,
            validation_url=validation,
            accepts_without_us=not cancel_without_us,
        )
        if answer.outcome is not Outcome.ACCEPTED:
            # Their words name the field that is wrong; there is no secret in them.
            raise CommandError(f"{answer.meaning.note} ({answer.code}: {answer.told})".strip())
        self.stdout.write(f"registered for {settings.MPESA_SHORTCODE}")
