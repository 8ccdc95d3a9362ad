"""Secrets at rest that a process must read while it answers, locked with a key from `PIN_PEPPER`.

Whoever has the database alone can't open them. That is less than `nannychain.sealing` gives, whose
secrets no process that answers requests can open; it is for what has to be known at once, such as
the secret of a second factor. Each is bound to a context, so that boxes can't be swapped between
rows.
"""

from dataclasses import dataclass

from django.views.decorators.debug import sensitive_variables
from nacl.exceptions import CryptoError
from nacl.secret import Aead

from nannychain import keyed
from nannychain.errors import Conflict, Unavailable

_PURPOSE = "box"


class KeyChanged(Unavailable):
    """It was locked under another `PIN_PEPPER`."""

    code = "boxes.key_changed"
    message = "This can't be opened here."


class BoxBroken(Conflict):
    """It was altered, or belongs to another row."""

    code = "boxes.broken"
    message = "This secret is not what it should be."


@dataclass(frozen=True)
class Box:
    """A locked secret, and the id of the key that opens it."""

    key_id: str
    ciphertext: bytes


@sensitive_variables()
def lock(secret: bytes, *, context: str) -> Box:
    """Lock the secret (XChaCha20-Poly1305) for this context, which says whose it is."""
    ciphertext = Aead(keyed.peppered(_PURPOSE)).encrypt(secret, context.encode())
    return Box(key_id=_key_id(), ciphertext=bytes(ciphertext))


@sensitive_variables()
def unlock(box: Box, *, context: str) -> bytes:
    """Return the secret; raise KeyChanged or BoxBroken, which tell nothing of it."""
    if box.key_id != _key_id():
        raise KeyChanged
    try:
        return Aead(keyed.peppered(_PURPOSE)).decrypt(box.ciphertext, context.encode())
    except (CryptoError, ValueError, TypeError):
        raise BoxBroken from None


def _key_id() -> str:
    return keyed.peppered("name of the key of boxes").hex()[:16]
