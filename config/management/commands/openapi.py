"""`manage.py openapi`: write the schema of the API, and the list of its codes of errors."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import openapi
from nannychain.api import codes


class Command(BaseCommand):
    """Writes both files anew."""

    help = "Write the schema of the API to config/openapi.json, and its codes to docs/errors.md"

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Write them."""
        settings.OPENAPI_FILE.write_text(openapi.document(), encoding="utf-8")
        codes.known.cache_clear()
        (settings.BASE_DIR / "docs" / "errors.md").write_text(codes.page(), encoding="utf-8")
