"""`manage.py compile_translations`: catalogues as Django reads them. Part of every set-up."""

from typing import Any

from django.core.management.base import BaseCommand

from nannychain import translations


class Command(BaseCommand):
    """Compiles the catalogues in `locale/`."""

    help = "Compile the translations in locale/ (no gettext programs needed)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Compile all."""
        self.stdout.write(f"{translations.compile_all()} catalogue(s) compiled")
