"""Lists a page at a time. The cursor says where to go on, and means nothing to whoever holds it.

Rows are walked by primary key, which grows with time, from the newest back: a page costs the same
however far back it lies, and what arrives meanwhile moves nothing.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from nannychain.api.fields import Form, Text, Whole
from nannychain.errors import Invalid

SIZE, SIZE_MAX = 20, 100
CURSOR_LENGTH_MAX = 200

Row = TypeVar("Row", bound=Model)


class InvalidCursor(Invalid):
    """A cursor that no list has given."""

    code = "api.invalid_cursor"
    message = _("That page does not exist. Begin again without a cursor.")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows from the newest back, and the cursor of the page with older ones, if there are."""

    items: list[Row]
    next_cursor: str | None


class PageQuery(Form):
    """The query parameters of a list; filters are added by subclasses."""

    cursor = Text(required=False, max_length=CURSOR_LENGTH_MAX, help_text="`next_cursor` of a page")
    size = Whole(
        required=False, default=SIZE, min_value=1, max_value=SIZE_MAX, help_text="rows on a page"
    )


def page(rows: "QuerySet[Row]", *, cursor: str | None, size: int) -> Page[Row]:
    """Return the page of `rows` that follows the cursor. One query. Raises InvalidCursor."""
    if cursor is not None:
        try:
            before = rows.model._meta.pk.clean(read_cursor(cursor), None)
            rows = rows.filter(pk__lt=before)
        except (ValidationError, ValueError, OverflowError):
            raise InvalidCursor from None
    found = list(rows.order_by("-pk")[: size + 1])
    items = found[:size]
    return Page(items, cursor_of(str(items[-1].pk)) if len(found) > size else None)


def cursor_of(place: str) -> str:
    """Return the cursor that stands for a place in a list."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """Return the place that a cursor stands for; raise InvalidCursor."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeError):
        raise InvalidCursor from None
