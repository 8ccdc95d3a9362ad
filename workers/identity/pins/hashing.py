"""PINs at rest: Argon2id over a keyed hash of member and PIN.

Four digits fall to whoever has the hashes and a minute; the pepper, which the database doesn't
hold, is what protects them. Memory and time are OWASP's smallest for Argon2id (19 MiB, two passes),
so that a USSD hop can afford it and thirty at once don't fill the memory.
"""

import base64
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError
from django.views.decorators.debug import sensitive_variables

from nannychain import keyed

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


@sensitive_variables()
def hashed(pin: str, *, member_id: UUID) -> str:
    """Return what is stored for the PIN of that member."""
    return _HASHER.hash(_secret(pin, member_id=member_id))


@sensitive_variables()
def fits(pin: str, *, member_id: UUID, stored: str | None) -> bool:
    """Tell whether the PIN is the stored one; for a member without one, work as long and say no."""
    try:
        _HASHER.verify(stored or _nobodys(), _secret(pin, member_id=member_id))
    except VerificationError:
        return False
    return stored is not None


def pepper_id() -> str:
    """Return 16 hex digits that name the pepper without telling anything about it."""
    return keyed.peppered("name of the pepper").hex()[:16]


@sensitive_variables()
def _secret(pin: str, *, member_id: UUID) -> str:
    # Bound to the member, so that a hash copied to another row fits nobody there.
    return base64.b64encode(keyed.peppered("pin", str(member_id), pin)).decode()


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody's")
