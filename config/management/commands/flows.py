"""`manage.py flows`: draw what can happen into `docs/flows.md`."""

from typing import Any

from django.core.management.base import BaseCommand

from config import flows


class Command(BaseCommand):
    """Writes the page; nothing but the tables in the code is read."""

    help = "Draw states, menu and timetable into docs/flows.md."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Write it."""
        flows.PATH.write_text(flows.document(), encoding="utf-8")
        self.stdout.write(f"{flows.PATH.name} is written")
