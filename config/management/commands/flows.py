"""`manage.py flows`: draw what can happen, the chart of accounts and the recipes into `docs/`."""

from typing import Any

from django.core.management.base import BaseCommand

from config import book_pages, flows


class Command(BaseCommand):
    """Writes the pages; nothing but the tables in the code is read."""

    help = "Draw states, menu and timetable into docs/flows.md, chart and recipes into docs/ledger."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Write it."""
        for path, text in {flows.PATH: flows.document(), **book_pages.pages()}.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"{path.name} is written")
