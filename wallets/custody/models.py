"""Sealed keys, apart from what they belong to, so that a list of wallets never loads one."""

from django.db import models
from django.utils import timezone

from wallets.stellar.models import Channel
from wallets.wallet.models import Wallet


class SealedKey(models.Model):
    """The sealed seed of one wallet, and which key pair it is sealed to."""

    wallet = models.OneToOneField(
        Wallet, on_delete=models.PROTECT, primary_key=True, related_name="sealed_key"
    )
    key_id = models.CharField(max_length=16, db_index=True)
    ciphertext = models.BinaryField()
    sealed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"sealed key of wallet {self.wallet_id}"


class SealedChannelKey(models.Model):
    """The sealed seed of one of our channels, and which key pair it is sealed to."""

    channel = models.OneToOneField(
        Channel, on_delete=models.PROTECT, primary_key=True, related_name="sealed_key"
    )
    key_id = models.CharField(max_length=16, db_index=True)
    ciphertext = models.BinaryField()
    sealed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"sealed key of {self.channel_id}"
