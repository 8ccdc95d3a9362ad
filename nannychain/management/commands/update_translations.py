"""`manage.py update_translations`: bring the catalogues up to the texts in the code."""

from typing import Any

from django.core.management.base import BaseCommand

from nannychain import translations


class Command(BaseCommand):
    """Updates the catalogues in `locale/` and says how many texts still want a translation."""

    help = "Gather the texts of the code into the catalogues in locale/."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Update all."""
        for language, path in translations.catalogues():
            catalog = translations.update(path, language=language)
            missing = sum(1 for message in catalog if message.id and not message.string)
            self.stdout.write(f"{language}: {len(catalog)} texts, {missing} without translation")
