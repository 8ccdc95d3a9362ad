"""JSON in and out: strict, in UTF-8, within limits of size and depth."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

BODY_BYTES_MAX = 64 * 1024


class JsonParser(BaseParser):
    """Reads a JSON text (RFC 8259): UTF-8, without NaN, and never more than the limit."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """Return what the body holds; raise ParseError or RequestDataTooBig."""
        body = stream.read(BODY_BYTES_MAX + 1)
        if len(body) > BODY_BYTES_MAX:
            raise RequestDataTooBig
        try:
            return json.loads(body.decode("utf-8"), parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise ParseError from None


class JsonRenderer(JSONRenderer):
    """Writes JSON in UTF-8, which needs no charset (RFC 8259, section 8.1)."""

    charset = None


class CsvRenderer(JsonRenderer):
    """Lets an endpoint that streams a table be asked for as one; its problems are still JSON."""

    media_type = "text/csv"
    format = "csv"


def _refuse(name: str) -> None:
    raise ValueError(name)
