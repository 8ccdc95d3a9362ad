"""What a request asks Horizon for: which page, from where, in which form. Wrong ones are named."""

import re
from dataclasses import dataclass

from flask import request
from stellar_sdk import StrKey

LIMIT_DEFAULT, LIMIT_MAX = 10, 200
STREAM = "text/event-stream"
_JSON = ("application/hal+json", "application/json", "application/problem+json")
TOKEN_MAX = 2**63 - 1
_CURSOR = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?")
_HASH = re.compile(r"[0-9a-f]{64}")


class InvalidParameter(ValueError):
    """A parameter that can't be right; it has the parameter's name and the reason."""

    def __init__(self, field: str, *, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


@dataclass(frozen=True)
class Asked:
    """Which page was asked for."""

    cursor: str
    limit: int
    is_descending: bool
    include_failed: bool


def asked() -> Asked:
    """Read the parameters of a page from the request; raise InvalidParameter."""
    limit = request.args.get("limit", str(LIMIT_DEFAULT))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= LIMIT_MAX):
        raise InvalidParameter("limit", reason=f"it must be 1 to {LIMIT_MAX}")
    order = request.args.get("order", "asc")
    if order not in ("asc", "desc"):
        raise InvalidParameter("order", reason="it must be asc or desc")
    include_failed = request.args.get("include_failed", "false")
    if include_failed not in ("true", "false"):
        raise InvalidParameter("include_failed", reason="it must be true or false")
    cursor = request.args.get("cursor", "")
    if wants_stream():  # a client that comes back says where it was
        cursor = request.headers.get("Last-Event-ID", "") or cursor
    return Asked(
        cursor=cursor,
        limit=int(limit),
        is_descending=order == "desc",
        include_failed=include_failed == "true",
    )


def position(cursor: str, *, newest: int, kind: str) -> tuple[int, int] | None:
    """Return after which token, and which number within it, to go on; raise InvalidParameter.

    `newest` is the token for "now". As with Horizon, a token alone is behind all of its effects.
    """
    if cursor == "":
        return None
    if cursor == "now":
        return newest, TOKEN_MAX
    parts = _CURSOR.fullmatch(cursor)
    if parts is None or (parts[2] and kind != "effects"):
        raise InvalidParameter("cursor", reason="it is no cursor")
    token, number = int(parts[1]), int(parts[2] or TOKEN_MAX)
    if max(token, number) > TOKEN_MAX:
        raise InvalidParameter("cursor", reason="it is too large")
    return token, number


def wants_stream() -> bool:
    """Tell whether a stream of events is asked for."""
    return STREAM in request.headers.get("Accept", "")


def takes_json() -> bool:
    """Tell whether the client takes JSON of any of Horizon's kinds."""
    wanted = request.accept_mimetypes
    return not wanted or wanted.best_match(_JSON) is not None


def check_address(address: str) -> None:
    """Raise InvalidParameter unless it is an account's address."""
    if not StrKey.is_valid_ed25519_public_key(address):
        raise InvalidParameter("account_id", reason="Account ID must start with `G`")


def check_hash(hash: str) -> None:
    """Raise InvalidParameter unless it may be a transaction's hash."""
    if not _HASH.fullmatch(hash):
        raise InvalidParameter("tx_id", reason="Transaction hash must be a hex-encoded SHA-256")
