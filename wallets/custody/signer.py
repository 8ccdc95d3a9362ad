"""The signer: the only place that opens a wallet's key, for the length of one call.

What it opens it checks: the seal holds the wallet's id and public key, and the seed must derive
that public key. No public function returns a seed. All are marked sensitive, so that error reports
do not show their variables. What Python has had in memory it can't be made to forget.

So far a key is opened only to be sealed anew (`manage.py rotate_keys`); signing joins it here.
"""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from nacl.signing import SigningKey

from nannychain.sealing import Sealed, seal
from nannychain.sealing.opening import SealBroken, open_sealed
from nannychain.sealing.rotation import Holder
from nannychain.strkey import public_key_text
from wallets.custody.models import SealedKey
from wallets.custody.services import seal_context
from wallets.wallet.models import Wallet


@sensitive_variables()
def reseal(key: SealedKey) -> None:
    """Put the key on its row, in memory, sealed under the newest key pair.

    Raises KeyUnavailable when this process can't open it, and SealBroken when it was altered or is
    not this wallet's.
    """
    wallet = key.wallet
    seed = bytes(_open(key))
    sealed = seal(seed, context=seal_context(wallet.id, wallet.stellar_public_key))
    key.key_id, key.ciphertext, key.sealed_at = sealed.key_id, sealed.ciphertext, timezone.now()


@sensitive_variables()
def _open(key: SealedKey) -> SigningKey:
    wallet: Wallet = key.wallet
    sealed = Sealed(key_id=key.key_id, ciphertext=bytes(key.ciphertext))
    seed = open_sealed(sealed, context=seal_context(wallet.id, wallet.stellar_public_key))
    if len(seed) != 32:
        raise SealBroken
    signing_key = SigningKey(seed)
    if public_key_text(bytes(signing_key.verify_key)) != wallet.stellar_public_key:
        raise SealBroken
    return signing_key


def _rows() -> QuerySet[Any]:
    return SealedKey.objects.select_related("wallet")


HOLDER = Holder(
    name="wallet keys", rows=_rows, reseal=reseal, fields=("key_id", "ciphertext", "sealed_at")
)
