"""Who may call an operation. Each says so itself; what says nothing may be called by nobody.

The kernel knows callers by three marks only: `request.user` is signed in, `request.user` is staff
with a permission, `request.auth` is an API key with scopes.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class Access(BasePermission):
    """Decides whether a request may go on; `words` says it for people, in the API's description."""

    words = ""
    is_public = False

    def allows(self, request: Request) -> bool:  # noqa: ARG002
        """Tell whether this caller may; nobody may, until somebody says who."""
        return False

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002
        """Tell DRF."""
        return self.allows(request)


@dataclass(frozen=True)
class Anyone(Access):
    """Everybody, signed in or not."""

    words = "anyone"
    is_public = True

    def allows(self, request: Request) -> bool:  # noqa: ARG002
        """Tell that everybody may."""
        return True


@dataclass(frozen=True)
class SignedIn(Access):
    """A member by a token of her own. An API key is nobody's own and doesn't count."""

    words = "a signed-in member"

    def allows(self, request: Request) -> bool:
        """Tell whether a member is signed in."""
        return bool(request.user and request.user.is_authenticated) and not _is_key(request)


@dataclass(frozen=True)
class Staff(Access):
    """A member of staff who has the permission, such as `workers.view_member`."""

    permission: str

    @property
    def words(self) -> str:  # type: ignore[override]
        """Say which permission it takes."""
        return f"staff with the permission `{self.permission}`"

    def allows(self, request: Request) -> bool:
        """Tell whether a member of staff with that permission is signed in."""
        return is_staff_with(request, self.permission)


@dataclass(frozen=True)
class EitherOf(Access):
    """Whoever one of them allows."""

    first: Access
    second: Access

    @property
    def words(self) -> str:  # type: ignore[override]
        """Say both."""
        return f"{self.first.words}, or {self.second.words}"

    def allows(self, request: Request) -> bool:
        """Tell whether one of them allows it."""
        return self.first.allows(request) or self.second.allows(request)


@dataclass(frozen=True)
class Scope(Access):
    """An API key that was given the scope, such as `members:register`."""

    scope: str

    @property
    def words(self) -> str:  # type: ignore[override]
        """Say which scope it takes."""
        return f"an API key with the scope `{self.scope}`"

    def allows(self, request: Request) -> bool:
        """Tell whether an API key with that scope came along."""
        return self.scope in getattr(request.auth, "scopes", ())


def is_staff_with(request: Request, permission: str) -> bool:
    """Tell whether the caller is staff with that permission."""
    user = request.user
    return (
        SignedIn().allows(request)
        and bool(getattr(user, "is_staff", False))
        and bool(user.has_perm(permission))
    )


def party_id(request: Request) -> UUID:
    """Return the id of whoever is signed in; for operations that take somebody who is."""
    found = request.user.pk
    if not isinstance(found, UUID):
        raise NotAuthenticated
    return found


def caller_id(request: Request) -> str:
    """Return who calls, as a short text that is another for every other caller."""
    if _is_key(request):
        return f"key:{request.auth.pk}"
    return f"member:{request.user.pk}" if request.user and request.user.pk else "anyone"


def _is_key(request: Request) -> bool:
    return hasattr(request.auth, "scopes")
