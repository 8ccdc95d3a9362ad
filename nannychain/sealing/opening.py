"""Opening sealed secrets: for the signer, the SMS worker and key rotation only (import rule)."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from nannychain.errors import Conflict, Unavailable
from nannychain.sealing import keys
from nannychain.sealing.seal import VERSION, Sealed


class KeyUnavailable(Unavailable):
    """This process holds no key that opens the secret."""

    code = "sealing.key_unavailable"
    message = _("This can't be opened here.")


class SealBroken(Conflict):
    """The sealed secret was altered, or belongs to another row."""

    code = "sealing.seal_broken"
    message = _("This secret is not what it should be.")


@sensitive_variables()
def open_sealed(sealed: Sealed, *, context: str) -> bytes:
    """Return the secret; raise KeyUnavailable or SealBroken, which tell nothing of it."""
    key = _keyring().get(sealed.key_id)
    if key is None:
        raise KeyUnavailable
    try:
        plain = SealedBox(key).decrypt(sealed.ciphertext)
    except (CryptoError, ValueError, TypeError):
        raise SealBroken from None
    label = context.encode()
    header = VERSION + len(label).to_bytes(2, "big") + label
    if not plain.startswith(header):
        raise SealBroken
    return plain[len(header) :]


def held_key_ids() -> frozenset[str]:
    """Return the ids of the key pairs whose private half this process holds."""
    return frozenset(_keyring())


@sensitive_variables()
def _keyring() -> dict[str, PrivateKey]:
    """Return every private key that this process holds, by key id, the newest first."""
    secrets = (settings.ENCRYPTION_KEY, *settings.ENCRYPTION_KEYS_OLD)
    derived = [keys.private_key(secret) for secret in secrets if secret]
    return {keys.key_id(key.public_key): key for key in derived}
