"""How a REST request shows who it comes from: `Authorization: Bearer` with a token or an API key.

With a token, `request.user` is the member and `request.auth` the session. With a key, nobody is
signed in and `request.auth` is the key, whose scopes say what it may.
"""

from typing import Any

from django.views.decorators.debug import sensitive_variables
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from nannychain.logs import context
from workers.identity.api_keys import services as api_keys
from workers.identity.tokens import secret_texts
from workers.identity.tokens import services as tokens

_SCHEME = "bearer"


class Bearer(BaseAuthentication):
    """Looks the token or key up; what is neither is refused, not taken for a stranger."""

    @sensitive_variables()
    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return member and session, or None and the key; None where nothing was shown."""
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != _SCHEME:
            return None
        text = shown.strip()
        if text.startswith(secret_texts.API_KEY):
            if key := api_keys.authenticate(text, address=context.client_address()):
                return None, key
        elif session := tokens.authenticate(text):
            return session.member, session
        raise AuthenticationFailed

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """Tell what a 401 asks for."""
        return "Bearer"
