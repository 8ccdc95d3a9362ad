"""Requests for funding: one for each wallet and network."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from nannychain.states.machine import choices
from wallets.stellar.states import Funding
from wallets.wallet.models import Wallet


def present_network() -> str:
    """Return the network that new requests are for."""
    return settings.STELLAR_NETWORK


class FundingRequest(models.Model):
    """The wish that a wallet's account be created on the network. It waits until it is funded."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="funding_requests")
    network = models.CharField(max_length=20, default=present_network)
    state = models.CharField(max_length=20, choices=choices(Funding), default=Funding.WAITING)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField("asked for", default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wallet", "network"], name="funding_request_once")
        ]

    def __str__(self) -> str:
        return f"{self.network}: {self.state.lower()}"
