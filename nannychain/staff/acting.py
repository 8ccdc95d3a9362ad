"""Who acts in the admin, as the kernel knows people: by an opaque id and a name to write down."""

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


@dataclass(frozen=True)
class Actor:
    """A staff member who does something."""

    id: UUID
    name: str


def actor(request: HttpRequest) -> Actor:
    """Return who makes this request; raise PermissionDenied for a stranger."""
    if request.user.pk is None:
        raise PermissionDenied
    return Actor(id=request.user.pk, name=str(request.user))
