"""`manage.py stellar_channels`: write down, open and top up the channels, and show them."""

from typing import Any

from django.core.management.base import BaseCommand

from wallets.stellar import channels, planning
from wallets.stellar.models import Channel, Network


class Command(BaseCommand):
    """See the module."""

    help = "Make the Stellar channels that STELLAR_CHANNELS asks for, and show how they stand."

    def handle(self, **_: Any) -> None:
        """Do what the sweep would do next, and tell."""
        planning.plan()
        for network in Network.objects.exclude(holding=""):
            self.stdout.write(f"{network.name}: nothing is sent now: {network.holding}")
        for channel in Channel.objects.order_by("network", "number"):
            state = "open" if channel.opened_at else "to be opened"
            balance = "unknown" if channel.balance_stroops is None else channel.balance_stroops
            self.stdout.write(
                f"{channel.network} {channel}: {channel.public_key} {state}, {balance} stroops"
            )
        if wanted := channels.wanted():
            self.stdout.write(f"{len(wanted)} to be made or topped up; the signer is rung.")
