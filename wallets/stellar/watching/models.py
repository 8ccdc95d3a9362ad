"""Movements on addresses of ours. Amounts are in units of 10⁻⁷, stroops for XLM."""

from django.db import models

from wallets.stellar.models import present_network
from wallets.wallet.models import Wallet


class Movement(models.Model):
    """One side of a payment, creation or merge. The amount of a merge isn't told: NULL.

    A paging token says the place in the ledgers. After a reset places come again, so that the
    transaction belongs to what makes a movement one.

    `is_expected` says that a submission of ours caused it, or that it is no matter for anybody;
    the others wait until a person has looked at them.
    """

    class Direction(models.TextChoices):
        """Whether it came or went."""

        IN = "in", "in"
        OUT = "out", "out"

    network = models.CharField(max_length=20, default=present_network)
    paging_token = models.CharField(max_length=40)
    address = models.CharField(max_length=56)
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, null=True, related_name="movements"
    )
    direction = models.CharField(max_length=3, choices=Direction.choices)
    counterparty = models.CharField(max_length=69)
    amount_stroops = models.BigIntegerField("amount", null=True)
    asset = models.CharField(max_length=80)
    type = models.CharField(max_length=40)
    transaction_hash = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField("in a ledger since")
    is_expected = models.BooleanField("expected", default=False)
    reviewed_at = models.DateTimeField("looked at", null=True)
    reviewed_by = models.UUIDField(null=True)
    note = models.CharField("what was found", max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "paging_token", "address", "transaction_hash"],
                name="movement_once",
            )
        ]
        indexes = [
            models.Index(fields=["wallet", "at"], name="movement_of_wallet"),
            models.Index(
                fields=["id"],
                condition=models.Q(is_expected=False, reviewed_at__isnull=True),
                name="movement_to_look_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.transaction_hash[:8]}"
