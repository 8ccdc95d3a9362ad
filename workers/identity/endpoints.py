"""What endpoints of members share: who is signed in, and the PIN for what moves money out."""

from typing import ClassVar

from django.views.decorators.debug import sensitive_variables
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from nannychain.api.endpoints import Endpoint
from workers.identity.models import Member
from workers.identity.tokens import services as tokens
from workers.identity.tokens.models import Session
from workers.identity.tokens.pin_tokens import PinTokenRefused

HEADER = "X-Pin-Token"


def member_of(request: Request) -> Member:
    """Return the member who is signed in; for operations that take one."""
    if not isinstance(request.user, Member):
        raise NotAuthenticated
    return request.user


def session_of(request: Request) -> Session:
    """Return the session by which the member is signed in."""
    if not isinstance(request.auth, Session):
        raise NotAuthenticated
    return request.auth


class PinEndpoint(Endpoint):
    """An endpoint whose `@idempotent` POST takes a PIN token for `pin_operation`, once.

    The token is used up in the transaction of the money. A repetition under the same
    Idempotency-Key gets the first answer without another.
    """

    pin_operation: ClassVar[str]
    confirming_header: ClassVar[str] = HEADER
    confirming_error: ClassVar[type[PinTokenRefused]] = PinTokenRefused

    @sensitive_variables()
    def confirm(self) -> None:
        """Use the PIN token up; raise PinTokenRefused without a good one."""
        token = self.request.headers.get(HEADER, "")
        session = session_of(self.request)
        tokens.check_pin_token(session, token=token, operation=self.pin_operation)
