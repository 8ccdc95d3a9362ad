"""Keyed hashes: what can be compared, looked up and stored, and tells nothing without our key.

For what a person or a machine shows again and we need not know: PINs, codes, tokens. Two keys, both
derived: that of `PIN_PEPPER` for what is short enough to be guessed, that of `SECRET_KEY` for what
is random.
"""

import hmac
from functools import cache

from django.conf import settings
from django.views.decorators.debug import sensitive_variables


@sensitive_variables()
def peppered(purpose: str, *parts: str) -> bytes:
    """Return 32 bytes that depend on purpose, parts and `PIN_PEPPER`."""
    return _digest(_key(settings.PIN_PEPPER, b"nannychain pepper"), purpose, parts)


@sensitive_variables()
def signed(purpose: str, *parts: str) -> bytes:
    """Return 32 bytes that depend on purpose, parts and `SECRET_KEY`."""
    return _digest(_key(settings.SECRET_KEY, b"nannychain lookup"), purpose, parts)


@sensitive_variables()
def _digest(key: bytes, purpose: str, parts: tuple[str, ...]) -> bytes:
    # Each part with its length, so that ("ab", "c") is not ("a", "bc").
    encoded = [part.encode("utf-8", "replace") for part in (purpose, *parts)]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
    return hmac.digest(key, message, "sha256")


@cache
@sensitive_variables()
def _key(secret: str, label: bytes) -> bytes:
    return hmac.digest(secret.encode(), label, "sha256")
