"""Sealed keys, apart from what they belong to, so that a list of wallets never loads one; and what
was signed, in figures.
"""

import pgtrigger
from django.db import models
from django.utils import timezone

from wallets.stellar.models import Channel, Submission
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


class Signing(models.Model):
    """One signing, in figures: what the limits of a day are reckoned from. Append-only.

    `accounts` are those of members. `stroops` is all that the funding account could part with: what
    it gives, what it lends as reserves, and the whole bid for the fee.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="signings")
    network = models.CharField(max_length=20)
    is_channel_keeping = models.BooleanField()
    accounts = models.IntegerField()
    stroops = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["network", "at"], name="signing_day")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"signing of {self.submission_id}"
