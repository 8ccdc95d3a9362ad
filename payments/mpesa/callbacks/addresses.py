"""The address of each operation: a token of 128 bits that belongs to it alone.

The token is made from the operation and our secret key, so that it is kept nowhere and can be made
again; the database has its digest only. Addresses have none of the words that M-Pesa refuses.
"""

import hashlib
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from nannychain import inbox
from nannychain.transactions import required

_SALT = "payments.mpesa.callbacks"
_TOKEN_DIGITS = 32


class Path(StrEnum):
    """What may be told at an operation's address."""

    DEPOSIT = "deposit"
    PAYOUT_RESULT = "payout/result"
    PAYOUT_TIMEOUT = "payout/timeout"
    RESULT = "result"
    TIMEOUT = "timeout"


@required
def new(kind: str, subject_id: UUID | str) -> str:
    """Open the address of an operation and return its token; the same again for the same one.

    `kind` is the name of the rail's source. Must be called within the transaction that claims the
    operation, so that the address is there before M-Pesa can call it.
    """
    token = token_of(kind, subject_id)
    inbox.open_address(digest_of(token), source=kind, subject_id=str(subject_id))
    return token


def token_of(kind: str, subject_id: UUID | str) -> str:
    """Return the token of an operation, whether or not its address is open."""
    mac = salted_hmac(_SALT, f"{kind}:{subject_id}", algorithm="sha256")
    return mac.hexdigest()[:_TOKEN_DIGITS]


def digest_of(token: str) -> str:
    """Return what is kept of a token. Looking it up tells nothing by the time that it takes."""
    return hashlib.sha256(token.encode()).hexdigest()


def url(token: str, path: Path | str) -> str:
    """Return the whole address to give to M-Pesa: `…/cb/<token>/payout/result`."""
    return f"{settings.PUBLIC_BASE_URL}/cb/{token}/{path}"


def paybill_urls() -> tuple[str, str]:
    """Return the addresses of validation and confirmation."""
    key = settings.PAYBILL_CALLBACK_KEY
    validation, confirmation = (
        settings.PUBLIC_BASE_URL + reverse(f"paybill-{name}", args=[key])
        for name in ("validation", "confirmation")
    )
    return validation, confirmation
