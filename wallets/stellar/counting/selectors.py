"""Reading counts, without the network."""

from django.conf import settings

from wallets.stellar.counting.models import StellarCount


def last() -> StellarCount | None:
    """Return the last count of the present network."""
    counts = StellarCount.objects.filter(network=settings.STELLAR_NETWORK)
    return counts.order_by("-pk").first()
