"""`manage.py flows`: draw what can happen, the books, roles and screens into `docs/`."""

from typing import Any

from django.core.management.base import BaseCommand

from config import book_pages, flows, role_pages, ussd_pages


class Command(BaseCommand):
    """Writes the pages; nothing but the tables in the code is read."""

    help = "Draw states, menu, timetable, chart, recipes, roles and screens into docs/."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Write it."""
        pages = {flows.PATH: flows.document(), role_pages.PATH: role_pages.page()}
        for path, text in {**pages, **book_pages.pages(), **ussd_pages.pages()}.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"{path.name} is written")
