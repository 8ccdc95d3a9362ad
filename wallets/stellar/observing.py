"""What the network tells of itself: its ledger, its fees, and what our funding account holds."""

import threading
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from nannychain import alerts
from wallets.stellar import fees
from wallets.stellar.client.answers import Network as Told
from wallets.stellar.client.horizon import Horizon, HorizonUnavailable
from wallets.stellar.models import Network
from wallets.stellar.policy import RESERVE_STROOPS

_of_thread = threading.local()
_BALANCE_AGE = timedelta(seconds=20)
_AGE = timedelta(seconds=3)


class WrongNetwork(HorizonUnavailable):
    """Horizon serves another network than the one that is configured."""


def horizon() -> Horizon:
    """Return this thread's client, made anew where the address is another than before."""
    address = settings.STELLAR_HORIZON_URL
    if getattr(_of_thread, "address", None) != address:
        _of_thread.address, _of_thread.client = address, Horizon(address)
    client: Horizon = _of_thread.client
    return client


def told() -> Told:
    """Return how the network says that it is.

    Raises HorizonUnavailable, and WrongNetwork where it isn't the network that we mean. Must not be
    called within a transaction.
    """
    found = horizon().network()
    if found.passphrase != settings.STELLAR_NETWORK_PASSPHRASE:
        alerts.raise_alert(
            key="stellar:wrong_network",
            title="Horizon serves another network than STELLAR_NETWORK",
            details={"network": settings.STELLAR_NETWORK},
        )
        raise WrongNetwork("another network than the one that is set")
    alerts.resolve("stellar:wrong_network")
    return found


def observe() -> Network:
    """Ask the network how it is, and return its row, written anew.

    Raises as `told` does, and must not be called within a transaction either.
    """
    found, stats = told(), horizon().fee_stats()
    row = present()
    # A replica that lags behind tells an older ledger: the latest that was ever told stays.
    Network.objects.filter(pk=row.pk).update(
        ledger=Greatest(Coalesce("ledger", found.ledger), found.ledger),
        closed_at=found.closed_at,
        seen_at=timezone.now(),
        fee_bid_stroops=fees.bid(base_fee=stats.base_fee, recent_high=stats.p95),
    )
    row.refresh_from_db()
    return row


def lately() -> Network:
    """Return the row of the network, asked anew where that was seconds ago.

    Raises HorizonUnavailable. Must not be called within a transaction.
    """
    row = present()
    if row.seen_at is None or timezone.now() - row.seen_at > _AGE:
        return observe()
    return row


def present() -> Network:
    """Return the row of the network that is configured; made where there is none."""
    return Network.objects.get_or_create(name=settings.STELLAR_NETWORK)[0]


def funding_balance(network: Network, *, is_fresh: bool = False) -> int | None:
    """Return what the funding account can spend, in stroops; None where it isn't on the network.

    Read anew where it is older than some seconds. Raises HorizonUnavailable.
    """
    seen = network.funding_seen_at
    if is_fresh or seen is None or timezone.now() - seen > _BALANCE_AGE:
        instant = timezone.now()  # before it is asked: what ends meanwhile may not be in it
        account = horizon().account(settings.STELLAR_FUNDING_ACCOUNT)
        spendable = None
        if account is not None:
            entries = 2 + account.subentries + account.num_sponsoring - account.num_sponsored
            spendable = max(0, account.balance_stroops - entries * RESERVE_STROOPS)
        network.funding_balance_stroops, network.funding_seen_at = spendable, instant
        network.save(update_fields=["funding_balance_stroops", "funding_seen_at"])
    return network.funding_balance_stroops
