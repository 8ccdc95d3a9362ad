"""What is new in the cumulative text. Of the text itself only length and a keyed hash are kept."""

import hmac
import secrets
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from django.conf import settings

SEPARATOR = "*"
INPUTS_MAX = 60  # of one session: nobody types more in three minutes


class News(Enum):
    """How a text relates to what was consumed before."""

    SAME = auto()  # a retry: the stored answer again
    STALE = auto()  # shorter: it was overtaken on its way
    INPUT = auto()  # longer by one input
    DIVERGED = auto()  # longer, and not a continuation: a hop was lost or altered


@dataclass(frozen=True)
class Mark:
    """How far a text was consumed: its length in characters, and a keyed hash of it."""

    length: int
    digest: str


def mark(text: str) -> Mark:
    """Return the mark of a text that is consumed whole."""
    return Mark(length=len(text), digest=digest(text))


def digest(text: str) -> str:
    """Return a keyed hash (128 bits in hex): without the key, no PIN can be guessed from it."""
    return hmac.digest(_key(settings.SECRET_KEY), text.encode("utf-8", "replace"), "sha256")[
        :16
    ].hex()


def begun() -> Mark:
    """Return the mark of a session whose inputs come one at a time, before the first of them."""
    return Mark(length=0, digest=secrets.token_hex(16))


def chained(text: str, *, after: Mark) -> Mark:
    """Return the mark after one more input that came alone."""
    return Mark(length=after.length + 1, digest=digest(f"{after.digest} {text}"))


def compare(text: str, *, consumed: Mark) -> tuple[News, str]:
    """Return the kind of news, and the new input where there is one.

    The input is all that follows the consumed text and one separator, since people may type the
    separator themselves.
    """
    if len(text) < consumed.length:
        return News.STALE, ""
    is_prefix = hmac.compare_digest(digest(text[: consumed.length]), consumed.digest)
    rest = text[consumed.length :]
    if is_prefix and not rest:
        return News.SAME, ""
    if is_prefix and consumed.length == 0:
        return News.INPUT, rest
    if is_prefix and rest.startswith(SEPARATOR):
        return News.INPUT, rest[1:]
    return News.DIVERGED, text.rsplit(SEPARATOR, 1)[-1]


def prefixes(text: str) -> list[str]:
    """Return every text that the session may have had so far, the longest first."""
    inputs = text.split(SEPARATOR)
    return [SEPARATOR.join(inputs[:count]) for count in range(len(inputs), 0, -1)]


@cache
def _key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"nannychain ussd transcript", "sha256")
