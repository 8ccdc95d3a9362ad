"""Telling a network that has forgotten everything from a server that lags behind.

Test networks are reset every few months. What is lost is said by the number of their ledgers, and
by a transaction of ours that was in a ledger and is so no more. A server that lags shows fewer
ledgers too, but knows what is in them.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from nannychain import alerts
from wallets.stellar import observing, pausing
from wallets.stellar.client.answers import Landed
from wallets.stellar.client.answers import Network as Told
from wallets.stellar.models import Network, Submission

LEDGER_SHIFT = 32  # of a paging token (SEP-35)
# A replica may lag behind; a network that was reset stays far behind what it once was.
BEHIND_LEDGERS = 100
BEHIND_FOR = timedelta(minutes=1)
# A transaction may be looked for where another server answers, which lags a little.
LAG_LEDGERS = 20
# About a day: so long, a new network may be past the ledger at which the old one ended.
YOUNG_LEDGERS = 20_000
RESET = "the network was reset and has forgotten all accounts: run manage.py stellar_after_reset"
_FAR_BEHIND = "stellar:far_behind"


def may_be_reset(network: Network, told: Told) -> bool:
    """Tell whether the network isn't, or may not be, what it was, so that nothing is read now.

    Where that lasts, staff are told, and a test network is paused. Raises HorizonUnavailable.
    """
    is_behind = _reached(network) - told.ledger > BEHIND_LEDGERS
    knows_ours = None
    if is_behind or told.ledger < YOUNG_LEDGERS:
        knows_ours = _knows_ours(network, told, newest=is_behind)
    if not is_behind and knows_ours is not False:
        if network.behind_since is not None:
            Network.objects.filter(pk=network.pk).update(behind_since=None)
            alerts.resolve(_FAR_BEHIND)
        return False
    instant = timezone.now()
    if network.behind_since is None:
        Network.objects.filter(pk=network.pk).update(behind_since=instant)
    elif instant - network.behind_since < BEHIND_FOR:
        pass
    elif knows_ours or network.name != "TESTNET":
        _tell_far_behind(network, told)
    else:
        _notice(network, told)
    return True


def _reached(network: Network) -> int:
    """Return the last ledger that we know of the network."""
    cursor = network.payments_cursor
    read = int(cursor) >> LEDGER_SHIFT if cursor.isascii() and cursor.isdigit() else 0
    return max(network.ledger or 0, read)


def _knows_ours(network: Network, told: Told, *, newest: bool) -> bool | None:
    """Ask for a transaction of ours that must be in these ledgers; None where there is none.

    The newest, since old servers drop old history; or the oldest, which no lag can hide.
    """
    landed = Submission.objects.filter(
        network=network.name, ledger__lte=told.ledger - LAG_LEDGERS, hash__isnull=False
    )
    if network.reset_at is not None:
        landed = landed.filter(ended_at__gt=network.reset_at)
    mark = landed.order_by("-ledger" if newest else "ledger").first()
    if mark is None or mark.hash is None:
        return None
    return isinstance(observing.horizon().transaction(mark.hash), Landed)


def _tell_far_behind(network: Network, told: Told) -> None:
    alerts.raise_alert(
        key=_FAR_BEHIND,
        title="Horizon is far behind, so that nothing is watched: set another STELLAR_HORIZON_URL",
        details={"ledger": told.ledger, "once told": _reached(network)},
    )


def _notice(network: Network, told: Told) -> None:
    with transaction.atomic():
        Network.objects.filter(pk=network.pk).update(
            ledger=told.ledger,
            closed_at=told.closed_at,
            behind_since=None,
            payments_cursor="",
            resets=F("resets") + 1,
            reset_at=timezone.now(),
        )
        pausing.pause(network, reason=RESET)
        alerts.resolve(_FAR_BEHIND)
        alerts.raise_alert(
            key="stellar:reset",
            title="The Stellar network was reset",
            details={"network": network.name, "what to do": RESET},
        )
