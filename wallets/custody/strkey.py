"""Stellar's text form of keys (SEP-23): base 32 of version, 32 bytes and CRC-16.

Our own few lines, because importing stellar-sdk takes seconds and web processes must not. Tests
compare every result with the SDK's.
"""

import base64
import binascii

_PUBLIC_KEY_VERSION = 6 << 3  # becomes the leading G


def public_key_text(raw: bytes) -> str:
    """Return `G…` (56 characters) for the 32 raw bytes of an Ed25519 public key."""
    if len(raw) != 32:
        raise ValueError("an Ed25519 public key has 32 bytes")
    payload = bytes([_PUBLIC_KEY_VERSION]) + raw
    checksum = binascii.crc_hqx(payload, 0).to_bytes(2, "little")
    return base64.b32encode(payload + checksum).decode()
