"""`manage.py demo_code`: what the device of the demo admin shows, for trials without a device."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workers.identity import selectors
from workers.identity.second_factor import codes, services
from workers.management.commands.seed_demo import ADMIN_PHONE, refuse_the_real_thing


class Command(BaseCommand):
    """Prints the code of this half minute, of the demo admin and of nobody else."""

    help = "Print the demo admin's code. For trials only: refused as seed_demo is."

    def handle(self, **_: Any) -> None:
        """Print it; raise CommandError where refused, or where there is no demo admin."""
        refuse_the_real_thing()
        member = selectors.member_by_phone(ADMIN_PHONE)
        if member is None or not member.is_staff:
            raise CommandError("There is no demo admin. First: manage.py seed_demo")
        left = codes.STEP_SECONDS - int(time.time()) % codes.STEP_SECONDS
        self.stdout.write(services.demo_code(member))
        self.stderr.write(f"It changes in {left} seconds. Each counts once.")
