"""The key pairs: the private half derives from `ENCRYPTION_KEY`, the public half seals.

A random key of 32 bytes (base64 or hex) is stretched by HKDF. Any other text, which only trials
may use, goes through scrypt first, so that guessing it costs something.
"""

import base64
import binascii
import hashlib
import hmac
from functools import cache

from django.views.decorators.debug import sensitive_variables
from nacl.public import PrivateKey, PublicKey

_INFO = b"nannychain sealing key, version 1"
_SALT = b"nannychain"


@sensitive_variables()
def private_key(secret: str) -> PrivateKey:
    """Return the X25519 private key that belongs to one value of `ENCRYPTION_KEY`."""
    return _derived(secret)


def public_key(encoded: str) -> PublicKey:
    """Return the public key from what `manage.py sealing_key` prints (base64 of 32 bytes)."""
    return PublicKey(base64.urlsafe_b64decode(encoded))


def encode(key: PublicKey) -> str:
    """Return the public key as `SEALING_PUBLIC_KEY` wants it."""
    return base64.urlsafe_b64encode(bytes(key)).decode()


def key_id(key: PublicKey) -> str:
    """Return 16 hex digits that name a key pair without telling anything about it."""
    return hashlib.sha256(bytes(key)).hexdigest()[:16]


@cache
def _derived(secret: str) -> PrivateKey:
    material = _random_bytes(secret)
    if material is None:
        material = hashlib.scrypt(
            secret.encode(), salt=_SALT, n=2**14, r=8, p=1, maxmem=64 * 2**20, dklen=32
        )
    # HKDF-SHA256 (RFC 5869), whose output of one block needs a single expansion.
    extracted = hmac.digest(_SALT, material, "sha256")
    return PrivateKey(hmac.digest(extracted, _INFO + b"\x01", "sha256"))


def _random_bytes(secret: str) -> bytes | None:
    """Return the 32 bytes that the text spells in hex or base64, or None."""
    try:
        if len(secret) == 64:
            return bytes.fromhex(secret)
        decoded = base64.b64decode(secret, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    return decoded if len(decoded) == 32 else None
