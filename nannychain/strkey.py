"""Stellar's text form of keys (SEP-23): base 32 of version, 32 bytes and CRC-16.

Our own few lines, because importing stellar-sdk takes seconds and web processes must not. Tests
compare every result with the SDK's.
"""

import base64
import binascii

from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from nacl.signing import SigningKey

from nannychain.errors import Invalid

_PUBLIC_KEY_VERSION = 6 << 3  # becomes the leading G
_SEED_VERSION = 18 << 3  # becomes the leading S
_TEXT_LENGTH = 56


class InvalidKey(Invalid):
    """A text that is not the Stellar key that it should be. It is not shown: it may be a secret."""

    code = "strkey.invalid_key"
    message = _("That is not a Stellar key.")


def public_key_text(raw: bytes) -> str:
    """Return `G…` (56 characters) for the 32 raw bytes of an Ed25519 public key."""
    if len(raw) != 32:
        raise ValueError("an Ed25519 public key has 32 bytes")
    return _encode(_PUBLIC_KEY_VERSION, raw)


def public_key_bytes(text: str) -> bytes:
    """Return the 32 raw bytes of `G…`; raise InvalidKey."""
    return _decode(_PUBLIC_KEY_VERSION, text)


@sensitive_variables()
def seed_text(raw: bytes) -> str:
    """Return `S…` (56 characters) for the 32 raw bytes of an Ed25519 seed."""
    if len(raw) != 32:
        raise ValueError("an Ed25519 seed has 32 bytes")
    return _encode(_SEED_VERSION, raw)


@sensitive_variables()
def seed_bytes(text: str) -> bytes:
    """Return the 32 raw bytes of `S…`; raise InvalidKey."""
    return _decode(_SEED_VERSION, text)


@sensitive_variables()
def address_of_seed(text: str) -> str:
    """Return the public key `G…` that belongs to the seed `S…`; raise InvalidKey."""
    return public_key_text(bytes(SigningKey(seed_bytes(text)).verify_key))


@sensitive_variables()
def _encode(version: int, raw: bytes) -> str:
    payload = bytes([version]) + raw
    checksum = binascii.crc_hqx(payload, 0).to_bytes(2, "little")
    return base64.b32encode(payload + checksum).decode()


@sensitive_variables()
def _decode(version: int, text: str) -> bytes:
    if len(text) != _TEXT_LENGTH:
        raise InvalidKey
    try:
        payload = base64.b32decode(text)
    except (binascii.Error, ValueError):
        raise InvalidKey from None
    # Written again and compared, so that checksum and spare bits are what they must be.
    if payload[0] != version or _encode(version, payload[1:-2]) != text:
        raise InvalidKey
    return payload[1:-2]
