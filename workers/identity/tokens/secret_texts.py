"""What tokens look like: a prefix that names the kind, and 256 random bits.

The prefix lets logs mask them, and scanners of published code find them.
"""

import secrets

from django.views.decorators.debug import sensitive_variables

from nannychain import keyed

ACCESS, REFRESH, PIN, API_KEY = "nca", "ncr", "ncp", "nck"


def new(kind: str) -> str:
    """Return a new secret text of that kind."""
    return f"{kind}_{secrets.token_urlsafe(32)}"


@sensitive_variables()
def digest(kind: str, text: str) -> bytes:
    """Return what is stored and looked up for it; nothing fits a text of another kind."""
    return keyed.signed(f"token {kind}", text)
