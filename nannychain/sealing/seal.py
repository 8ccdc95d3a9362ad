"""Sealing: what every process may do."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from nacl.public import PublicKey, SealedBox

from nannychain.sealing import keys

VERSION = b"\x01"


@dataclass(frozen=True)
class Sealed:
    """A sealed secret and the id of the key pair that opens it."""

    key_id: str
    ciphertext: bytes


@sensitive_variables()
def seal(secret: bytes, *, context: str) -> Sealed:
    """Seal `secret` (libsodium sealed box) together with `context`.

    The context says whose it is (`wallet:<id>:<public key>`). Opening under another context fails,
    so that sealed secrets cannot be swapped between rows.
    """
    return seal_to(newest_public_key(), secret, context=context)


def seal_to(key: PublicKey, secret: bytes, *, context: str) -> Sealed:
    """Seal to a given public key; `seal` is what callers want."""
    label = context.encode()
    plain = VERSION + len(label).to_bytes(2, "big") + label + secret
    return Sealed(key_id=keys.key_id(key), ciphertext=SealedBox(key).encrypt(plain))


def newest_public_key() -> PublicKey:
    """Return the public half of the newest key pair: everything new is sealed to it."""
    return _newest(settings.SEALING_PUBLIC_KEY, settings.ENCRYPTION_KEY)


@cache
@sensitive_variables()
def _newest(sealing_public_key: str, encryption_key: str) -> PublicKey:
    if encryption_key:
        return keys.private_key(encryption_key).public_key
    return keys.public_key(sealing_public_key)
