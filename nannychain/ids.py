"""Identifiers: time-ordered UUIDs, unguessable tokens and codes that people can read out.

A readable code ends with a check character over GF(32): each character is weighted by a power of
a primitive element, so that any single wrong character and any swap of two characters is caught.
"""

import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from nannychain.errors import Invalid

# Crockford's base 32: no I, L, O or U. https://www.crockford.com/base32.html
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKS_LIKE = str.maketrans({"I": "1", "L": "1", "O": "0"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1 is primitive over GF(2)


class InvalidCode(Invalid):
    """A readable code with a wrong form or check character."""

    code = "ids.invalid_code"
    message = _("That ID is not right. Check it and try again.")


def new_id() -> uuid.UUID:
    """Return a UUIDv7 (RFC 9562): ordered by millisecond, with 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    high = milliseconds << 16 | 0x7000 | secrets.randbits(12)
    low = 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=high << 64 | low)


def first_since(instant: datetime) -> uuid.UUID:
    """Return what no id made before that instant, and every one made since, reaches."""
    milliseconds = int(instant.timestamp() * 1000)
    return uuid.UUID(int=(milliseconds << 16 | 0x7000) << 64 | 0b10 << 62)


def made_at(identity: uuid.UUID) -> datetime:
    """Return when an id of ours was made, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=identity.int >> 80)


def new_token() -> str:
    """Return 128 random bits as 32 lower-case hex digits."""
    return secrets.token_hex(16)


def new_code(*, prefix: str, length: int) -> str:
    """Return `prefix-` and `length` readable characters, the last being the check character."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(length - 1))
    return f"{prefix}-{body}{check_character(body)}"


def parse_code(text: str, *, prefix: str, length: int) -> str:
    """Return the code in canonical form from any usual spelling; raise InvalidCode otherwise.

    Case, spaces and dashes do not count, the prefix may be left out, and I, L and O are read as
    the digits that they look like.
    """
    if not text.isascii():
        raise InvalidCode
    body = text.upper().replace(" ", "").replace("-", "")
    if len(body) == len(prefix) + length and body.startswith(prefix):
        body = body.removeprefix(prefix)
    body = body.translate(_LOOKS_LIKE)
    if len(body) != length or any(character not in ALPHABET for character in body):
        raise InvalidCode
    if check_character(body[:-1]) != body[-1]:
        raise InvalidCode
    return f"{prefix}-{body}"


def check_character(body: str) -> str:
    """Return the character that makes the weighted sum over GF(32) vanish."""
    total = 0
    for character in body:
        # Horner: every character ends up weighted by another power of the primitive element.
        total = _times_x(total ^ ALPHABET.index(character))
    return ALPHABET[total]


def _times_x(element: int) -> int:
    doubled = element << 1
    return doubled ^ _POLYNOMIAL if doubled & 0b100000 else doubled
