"""`manage.py appoint_staff <phone>`: let a member sign in to the admin."""

import getpass
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from nannychain import phone as phones
from workers.identity import selectors, staff


class Command(BaseCommand):
    """Makes a member staff, or gives staff a new password. The first superuser comes from here."""

    help = "Let a member sign in to the admin; asks for the password, or reads it from a pipe."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the phone and the rights."""
        parser.add_argument("phone")
        parser.add_argument(
            "--superuser", action="store_true", help="with every right; without it, by groups"
        )

    def handle(self, *, phone: str, superuser: bool, **_: Any) -> None:
        """Appoint; raise CommandError when there is no such member or the password won't do."""
        try:
            member = selectors.member_by_phone(phones.parse(phone))
        except phones.InvalidPhone as error:
            raise CommandError(str(error.message)) from None
        if member is None:
            raise CommandError("No member has that phone. First: manage.py create_account <phone>")
        try:
            staff.appoint(member, password=_read_password(), is_superuser=superuser)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{member.worker_id} can sign in at /admin/.")


def _read_password() -> str:
    """Return the password typed twice at a terminal, or the first line of a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise CommandError("The two passwords differ.")
    return password
