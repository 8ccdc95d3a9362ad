"""Counting our accounts, by Horizon and by our rows."""

from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import Sum

from nannychain import transactions
from wallets.stellar import observing
from wallets.stellar.client.answers import AccountState
from wallets.stellar.client.horizon import HorizonUnavailable
from wallets.stellar.counting import selectors
from wallets.stellar.counting.models import StellarCount
from wallets.stellar.intents import InvalidIntent, from_json
from wallets.stellar.models import FUNDING_NUMBER, Channel, Submission
from wallets.stellar.states import PENDING
from wallets.stellar.watching import services as watching

log = structlog.get_logger(__name__)

_TRIES = 5
_LEDGER_SHIFT = 32  # of a paging token (SEP-35)
_MOVED = """
    SELECT coalesce(sum(amount_stroops) FILTER (WHERE direction = 'in'), 0),
           coalesce(sum(amount_stroops) FILTER (WHERE direction = 'out'), 0),
           count(*) FILTER (WHERE amount_stroops IS NULL)
      FROM wallets_movement
     WHERE network = %s AND wallet_id IS NULL AND address = ANY(%s)
       AND (asset = 'native' OR amount_stroops IS NULL)
       AND at > %s - interval '1 hour'
       AND paging_token::bigint >> 32 > %s AND paging_token::bigint >> 32 <= %s
"""


class NotCounted(Exception):
    """The accounts could not be counted now; its text says why. Nothing is wrong by that."""


@dataclass(frozen=True)
class _Seen:
    ledger: int
    balances: dict[str, int]


def count() -> StellarCount | None:
    """Count our accounts on the present network, and keep the count; None where there are none.

    Raises NotCounted where the network, or our record of it, isn't there yet. Must not be called
    within a transaction.
    """
    transactions.forbid("Horizon is asked")
    addresses = _ours()
    if not addresses:
        return None
    try:
        observing.told()
        seen = _look(addresses)
        watching.watch()
        _require_watched(seen.ledger)
    except HorizonUnavailable as error:
        raise NotCounted(f"Horizon: {error}") from error
    return _keep(seen)


def _ours() -> list[str]:
    rows = Channel.objects.filter(network=settings.STELLAR_NETWORK)
    opened = rows.filter(opened_at__isnull=False) | rows.filter(number=FUNDING_NUMBER)
    found = set(opened.values_list("public_key", flat=True))
    if settings.STELLAR_FUNDING_ACCOUNT:
        found.add(settings.STELLAR_FUNDING_ACCOUNT)
    return sorted(found)


def _look(addresses: list[str]) -> _Seen:
    """Return what all of them hold as of one ledger: ledgers close while one asks."""
    for _ in range(_TRIES):
        found = [observing.horizon().look(address) for address in addresses]
        states = [each for each in found if isinstance(each, AccountState)]
        ledgers = {each.ledger for each in states}
        if not states:
            raise NotCounted("none of our accounts is on the network")
        if len(ledgers) == 1 and (ledger := ledgers.pop()) is not None:
            return _Seen(ledger, {each.address: each.balance_stroops for each in states})
    raise NotCounted("a ledger closed whenever it was asked")


def _require_watched(ledger: int) -> None:
    """Raise NotCounted where movements up to the ledger may not be recorded yet."""
    network = observing.present()
    if not network.payments_cursor:
        raise NotCounted("the watcher has not begun")
    page = observing.horizon().payments(cursor=network.payments_cursor, limit=1)
    tokens = [int(each.paging_token) for each in page.records if each.paging_token.isdigit()]
    if page.count and (not tokens or min(tokens) >> _LEDGER_SHIFT <= ledger):
        raise NotCounted("the watcher is behind")


def _keep(seen: _Seen) -> StellarCount:
    before = selectors.last()
    row = StellarCount(
        ledger=seen.ledger, balances=seen.balances, total_stroops=sum(seen.balances.values())
    )
    if before is not None:
        if seen.ledger == before.ledger:
            return before
        if seen.ledger > before.ledger:
            _account_for(row, before)
    row.save(force_insert=True)
    log.info("stellar.counted", ledger=row.ledger, drift_stroops=row.drift_stroops)
    return row


def _account_for(row: StellarCount, before: StellarCount) -> None:
    """Reckon the drift since the count before. A network that was reset begins anew instead."""
    addresses = sorted(set(row.balances) | set(before.balances))
    given: list[Any] = [row.network, addresses, before.counted_at, before.ledger, row.ledger]
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, given)
        came, went, merges = cursor.fetchone()
    landed = Submission.objects.filter(
        network=row.network, ledger__gt=before.ledger, ledger__lte=row.ledger
    )
    row.since_ledger = before.ledger
    row.came_stroops, row.went_stroops, row.merges = int(came), int(went), int(merges)
    row.fees_stroops = landed.aggregate(fees=Sum("fee_charged_stroops"))["fees"] or 0
    row.slack_stroops = _slack(row.network)
    expected = before.total_stroops + row.came_stroops - row.went_stroops - row.fees_stroops
    row.drift_stroops = row.total_stroops - expected


def _slack(network: str) -> int:
    """Return what submissions without an outcome may have been charged: their whole bids."""
    pending = Submission.objects.filter(state__in=PENDING, network=network, posts__gt=0)
    return sum(
        _bid(intents, fee) for intents, fee in pending.values_list("intents", "base_fee_stroops")
    )


def _bid(intents: object, base_fee: int) -> int:
    try:
        operations = sum(intent.operations for intent in from_json(intents))
    except InvalidIntent:
        operations = 100
    return (operations + 1) * base_fee
