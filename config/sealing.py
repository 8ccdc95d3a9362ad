"""Everything that is sealed: the one table of what `manage.py rotate_keys` goes through."""

from nannychain.notifications import bodies
from nannychain.sealing import rotation
from wallets.custody import resealing

HOLDERS = (*resealing.HOLDERS, bodies.HOLDER)


def connect() -> None:
    """Register the table."""
    rotation.register(HOLDERS)
