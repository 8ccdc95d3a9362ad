"""What is kept of a body: blanked where it is secret, and cut to what a row may hold.

A body is JSON of any shape. Whatever somebody posts, what comes out is small, can be stored by
PostgreSQL, and holds no value of a name that must never be kept.
"""

import json
from collections.abc import Mapping, Sequence, Set
from typing import Any

VALUE_LENGTH_MAX = 2000
NAME_LENGTH_MAX = 60
FIELDS_MAX = 40  # of one object or list
DEPTH_MAX = 8
VALUES_MAX = 400  # of the whole body
INTEGER_MAX = 2**63
PLAIN_LENGTH_MAX = 4000
PLAIN_PARTS_MAX = 100
REDACTED = "[redacted]"
CUT = "[cut]"
_ENCODER = json.JSONEncoder(sort_keys=True)  # made once: this is done while a provider waits
# Lists of pairs, such as {"Key": "SecurityCredential", "Value": "…"}.
_NAMES_OF_NAMES = ("Key", "key", "Name", "name")
_NAMES_OF_VALUES = frozenset({"Value", "value"})


def kept(body: Mapping[str, Any], *, names: Set[str]) -> str:
    """Return the JSON that is kept of a body.

    Nearly every callback is short, plain ASCII, and has none of the names anywhere: it is kept as
    it is. All others are redacted, piece by piece.
    """
    text = _ENCODER.encode(body)
    folded = text.casefold()
    is_plain = (
        len(text) <= PLAIN_LENGTH_MAX
        and "\\" not in text  # an escape may hide a NUL, or a letter that folds into another
        and text.count("{") + text.count("[") <= PLAIN_PARTS_MAX
        and not any(name.casefold() in folded for name in names)
    )
    return text if is_plain else _ENCODER.encode(redacted(body, names=names))


def redacted(body: Mapping[str, Any], *, names: Set[str]) -> dict[str, Any]:
    """Return the body with named fields blanked at any depth, in any case, and cut to size."""
    left = [VALUES_MAX]
    folded = frozenset(name.casefold() for name in names)
    return _object(body, names=folded, depth=0, left=left)


def _object(
    body: Mapping[Any, Any], *, names: Set[str], depth: int, left: list[int]
) -> dict[str, Any]:
    is_secret_pair = any(
        isinstance(body.get(name), str) and body[name].casefold() in names
        for name in _NAMES_OF_NAMES
    )
    kept: dict[str, Any] = {}
    for name, value in list(body.items())[:FIELDS_MAX]:
        is_secret = str(name).casefold() in names or (is_secret_pair and name in _NAMES_OF_VALUES)
        kept[_clean(str(name))[:NAME_LENGTH_MAX]] = (
            REDACTED if is_secret else _value(value, names=names, depth=depth + 1, left=left)
        )
    return kept


def _value(value: Any, *, names: Set[str], depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0:
        return CUT
    if isinstance(value, str):
        return _clean(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < INTEGER_MAX else str(value)[:VALUE_LENGTH_MAX]
    if depth >= DEPTH_MAX:
        return CUT
    if isinstance(value, Mapping):
        return _object(value, names=names, depth=depth, left=left)
    if isinstance(value, Sequence):
        return [
            _value(entry, names=names, depth=depth + 1, left=left) for entry in value[:FIELDS_MAX]
        ]
    return _clean(str(value))


def _clean(value: str) -> str:
    # NULs, which PostgreSQL can't hold, are made visible.
    printable = value.encode("utf-8", "replace").decode("utf-8")
    return printable.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:VALUE_LENGTH_MAX]
