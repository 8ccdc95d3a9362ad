"""`manage.py register_paybill`: tell M-Pesa where payments to our number are told."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from nannychain import phone
from payments.mpesa import account, client
from payments.mpesa.answers import Reply
from payments.mpesa.callbacks.addresses import paybill_urls
from payments.mpesa.meanings import Outcome


class Command(BaseCommand):
    """Registers the two addresses. In production Safaricom lets it be done once.

    With the nominated number, the list of payments is registered too: without that, what a lost
    confirmation has left out can't be pulled.
    """

    help = "Register the addresses of the paybill number, and the list of its payments."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what M-Pesa shall do with a payment while we don't answer, and whose the list is."""
        parser.add_argument(
            "--cancel-without-us",
            action="store_true",
            help="payments are refused while our validation does not answer",
        )
        parser.add_argument(
            "--nominated-number",
            default="",
            metavar="PHONE",
            help="the Safaricom number that the organisation has named for pulling transactions",
        )

    def handle(self, *, cancel_without_us: bool, nominated_number: str, **_: Any) -> None:
        """Register; raise CommandError, with a line for each, where something was not taken."""
        if not account.can_take():
            raise CommandError("M-Pesa is not set up: see MPESA_CONSUMER_KEY in .env.example")
        try:
            nominated = phone.parse(nominated_number) if nominated_number else ""
        except phone.InvalidPhone as error:
            raise CommandError(str(error.message)) from None
        validation, confirmation = paybill_urls()
        answer: Reply = client.register_urls(
            confirmation_url=confirmation,
            validation_url=validation,
            accepts_without_us=not cancel_without_us,
        )
        refused = self._told("addresses", answer)
        if nominated:
            # Also where the addresses were registered long ago.
            answer = client.register_pull(nominated_phone=nominated, callback_url=confirmation)
            refused += self._told("list of payments", answer)
        else:
            self.stdout.write("list of payments: not registered, for want of --nominated-number")
        if refused:
            raise CommandError("\n".join(refused))

    def _told(self, what: str, answer: Reply) -> list[str]:
        """Say what was taken; return a line for what was not."""
        if answer.outcome is Outcome.ACCEPTED:
            self.stdout.write(f"{what}: registered for {settings.MPESA_SHORTCODE}")
            return []
        # Their words name the field that is wrong; there is no secret in them.
        return [f"{what}: {answer.meaning.note} ({answer.code}: {answer.told})"]
