"""Reading what is in force."""

from datetime import datetime
from typing import TypeVar

from nannychain.dated.models import Dated

D = TypeVar("D", bound=Dated)


def in_force(model: type[D], *, at: datetime, **key: object) -> D | None:
    """Return the row of that key that is in force at the instant, or None. One query."""
    rows = model._default_manager.filter(effective_from__lte=at, withdrawn_at__isnull=True, **key)
    return rows.order_by("-effective_from").first()
