"""Whom a person means: a Worker ID or a phone number, in any spelling that people type.

Pure and total: what names nobody is None. Whether there is such a member, `selectors` know.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from nannychain import phone
from nannychain.ids import InvalidCode
from nannychain.phone import InvalidPhone
from workers.identity import worker_id

LENGTH_MAX = 60
_SEPARATORS = re.compile(r"[^A-Z0-9+]+")
# What people write before a number: "A/C no. 0712…", "Worker ID: NW-…", "Simu 0712…".
_BEFORE = re.compile(
    r"^(?:ACCOUNT|AKAUNTI|ACC|AC|NUMBER|NAMBARI|NAMBA|NO|WORKERID|ID|PHONE|TEL|SIMU|MPESA)"
)
_LOOKS_LIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_WORDS_BEFORE_MAX = 3
_NUMBER = re.compile(r"\+?[0-9](?:[ .()\-]{0,2}[0-9]){8,13}")


@dataclass(frozen=True)
class Address:
    """A person as another names her: exactly one of the two is there, in canonical form."""

    phone: str = ""  # E.164
    worker_id: str = ""


def read(text: str) -> Address | None:
    """Return whom the text names, or None where it names nobody, or two."""
    if len(text) > LENGTH_MAX or any(each.isalnum() and not each.isascii() for each in text):
        return None
    spelled = text.upper()
    return _read_whole(_SEPARATORS.sub("", spelled)) or _read_among(spelled)


def _read_whole(compact: str) -> Address | None:
    """Read a text of which all belongs to the number, but for words before it."""
    for _ in range(_WORDS_BEFORE_MAX + 1):
        if found := _of_worker_id(compact) or _of_phone(compact):
            return found
        shorter = _BEFORE.sub("", compact, count=1)
        if shorter == compact:
            return None
        compact = shorter
    return None


def _read_among(spelled: str) -> Address | None:
    """Read a number that stands among names: only one that can be nothing else."""
    words = _SEPARATORS.split(spelled)
    found = {_of_phone(_SEPARATORS.sub("", each)) for each in _NUMBER.findall(spelled)}
    found |= {_of_worker_id(word) for word in words if word.startswith(worker_id.PREFIX)}
    found |= {_of_worker_id(a + b) for a, b in pairwise(words) if a == worker_id.PREFIX}
    found.discard(None)
    return found.pop() if len(found) == 1 else None


def _of_worker_id(compact: str) -> Address | None:
    try:
        return Address(worker_id=worker_id.parse(compact))
    except InvalidCode:
        return None


def _of_phone(compact: str) -> Address | None:
    try:
        return Address(phone=phone.parse(compact.translate(_LOOKS_LIKE)))
    except InvalidPhone:
        return None
