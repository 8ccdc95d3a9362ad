"""Who acts in the admin."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from nannychain.actors import Actor

__all__ = ["Actor", "actor"]


def actor(request: HttpRequest) -> Actor:
    """Return who makes this request; raise PermissionDenied for a stranger."""
    if request.user.pk is None:
        raise PermissionDenied
    return Actor(id=request.user.pk, name=str(request.user))
