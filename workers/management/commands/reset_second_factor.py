"""`manage.py reset_second_factor <phone>`: forget the device of a member of staff."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nannychain import phone as phones
from workers.identity import selectors
from workers.identity.second_factor import services


class Command(BaseCommand):
    """For the day on which no two others can do it in the admin. Ends the sessions, too."""

    help = "Forget the device of a member of staff; a new one can be enrolled for a day."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the phone."""
        parser.add_argument("phone")

    def handle(self, *, phone: str, **_: Any) -> None:
        """Forget it; raise CommandError for who isn't staff."""
        try:
            member = selectors.member_by_phone(phones.parse(phone))
        except phones.InvalidPhone as error:
            raise CommandError(str(error.message)) from None
        if member is None or not member.is_staff:
            raise CommandError("No member of the staff has that phone.")
        services.reset(member.pk, channel="command")
        self.stdout.write(f"{member.worker_id} can enrol a device at /admin/, for a day.")
