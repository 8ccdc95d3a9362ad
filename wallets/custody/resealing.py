"""Sealing keys anew, for `manage.py rotate_keys`: opened, checked and sealed in one call."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from nannychain.sealing import seal
from nannychain.sealing.rotation import Holder
from wallets.custody.keys import AnyKey, owner_of, seed_of
from wallets.custody.models import SealedChannelKey, SealedKey
from wallets.custody.services import seal_context


@sensitive_variables()
def reseal(key: AnyKey) -> None:
    """Put the key on its row, in memory, sealed under the newest key pair.

    Raises KeyUnavailable when this process can't open it, and SealBroken when it was altered or is
    not this row's.
    """
    kind, owner_id, address = owner_of(key)
    sealed = seal(seed_of(key), context=seal_context(owner_id, address, kind=kind))
    key.key_id, key.ciphertext, key.sealed_at = sealed.key_id, sealed.ciphertext, timezone.now()


def _wallet_keys() -> QuerySet[Any]:
    return SealedKey.objects.select_related("wallet")


def _channel_keys() -> QuerySet[Any]:
    return SealedChannelKey.objects.select_related("channel")


_FIELDS = ("key_id", "ciphertext", "sealed_at")
HOLDERS = (
    Holder(name="wallet keys", rows=_wallet_keys, reseal=reseal, fields=_FIELDS),
    Holder(name="channel keys", rows=_channel_keys, reseal=reseal, fields=_FIELDS),
)
