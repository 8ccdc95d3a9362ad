"""Counts of our accounts. Amounts in stroops."""

import pgtrigger
from django.db import models
from django.utils import timezone

from wallets.stellar.models import present_network


class StellarCount(models.Model):
    """What our accounts held as of a ledger, and what moved since the count before. Append-only.

    `drift_stroops` is what they hold more than can be accounted for, below zero less; none for the
    first count of a network, from which the next ones go on. `slack_stroops` is by how much it may
    be off for what had no outcome yet; merges into our accounts, whose amount isn't told, leave it
    open upwards (`merges`).
    """

    network = models.CharField(max_length=20, default=present_network)
    counted_at = models.DateTimeField("counted", default=timezone.now)
    ledger = models.BigIntegerField()
    balances = models.JSONField()
    total_stroops = models.BigIntegerField()
    since_ledger = models.BigIntegerField(null=True)
    came_stroops = models.BigIntegerField(default=0)
    went_stroops = models.BigIntegerField(default=0)
    fees_stroops = models.BigIntegerField(default=0)
    merges = models.IntegerField(default=0)
    slack_stroops = models.BigIntegerField(default=0)
    drift_stroops = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["network", "-id"], name="stellar_count_last")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.network} at ledger {self.ledger}"

    @property
    def unexplained_stroops(self) -> int:
        """Return the drift beyond what had no outcome yet, and what merges may have brought."""
        drift = self.drift_stroops or 0
        if drift > 0:
            return 0 if self.merges else drift
        return min(0, drift + self.slack_stroops)
