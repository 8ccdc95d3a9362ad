"""`manage.py demo_code`: what the device of somebody of the demo's staff shows."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import demo
from config.management.commands.seed_demo import refuse_the_real_thing
from workers.identity import selectors
from workers.identity.second_factor import codes, services


class Command(BaseCommand):
    """Prints the code of this half minute, of the demo's staff and of nobody else."""

    help = "Print a code of the demo's staff. For trials only: refused as seed_demo is."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose code it is."""
        parser.add_argument(
            "--phone",
            choices=demo.STAFF_PHONES,
            default=demo.ADMIN_PHONE,
            help="whose (%(default)s, the admin's)",
        )

    def handle(self, *, phone: str, **_: Any) -> None:
        """Print it; raise CommandError where refused, or where there is no such demo staff."""
        refuse_the_real_thing()
        member = selectors.member_by_phone(phone)
        if member is None or not member.is_staff:
            raise CommandError("There is no demo admin. First: manage.py seed_demo")
        left = codes.STEP_SECONDS - int(time.time()) % codes.STEP_SECONDS
        self.stdout.write(services.demo_code(member))
        self.stderr.write(f"It changes in {left} seconds. Each counts once.")
