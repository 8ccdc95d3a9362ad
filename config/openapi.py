"""The OpenAPI schema of the API, as it stands under version control in `config/openapi.json`.

`make openapi` writes it; a check fails when it differs from the code. Web processes only read it.
"""

import json
from typing import Any

from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator

from config import api
from nannychain.api import problems
from nannychain.language import speaking


def schema() -> dict[str, Any]:
    """Return the schema, in English."""
    patterns = [path(api.PREFIX, include(api.urlpatterns))]
    generator = SchemaGenerator(patterns=patterns)  # type: ignore[no-untyped-call]
    with speaking("en"):
        made = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        made["components"].setdefault("schemas", {})["Problem"] = problems.SCHEMA
        return dict(json.loads(json.dumps(made, default=str)))


def document() -> str:
    """Return the schema as the file has it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
