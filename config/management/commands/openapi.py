"""`manage.py openapi`: write the schema of the API to `config/openapi.json`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import openapi


class Command(BaseCommand):
    """Writes the file anew."""

    help = "Write the schema of the API to config/openapi.json"

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Write it."""
        settings.OPENAPI_FILE.write_text(openapi.document(), encoding="utf-8")
