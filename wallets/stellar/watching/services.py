"""Reading what happened on the network, page by page."""

import time
from collections.abc import Iterable

import structlog
from django.conf import settings
from django.db import transaction

from nannychain import alerts, locks
from nannychain.transactions import required
from wallets.stellar import observing
from wallets.stellar.client.answers import Network as Told
from wallets.stellar.client.answers import Payment
from wallets.stellar.client.horizon import HistoryGone, HorizonUnavailable
from wallets.stellar.models import Channel, Envelope, FundingRequest, Network, Submission
from wallets.stellar.watching import resets
from wallets.stellar.watching.models import Movement
from wallets.wallet.models import Wallet

log = structlog.get_logger(__name__)

SECONDS_MAX = 20.0
PAGE = 200


def watch() -> int:
    """Record what has happened since the last look; return how many movements were ours.

    A network that can't be asked is asked again the next time, from the same cursor.
    """
    with locks.alone(locks.Lock.STELLAR_WATCH, settings.STELLAR_NETWORK) as is_alone:
        if not is_alone or not _has_anything_to_watch():
            return 0
        try:
            return _watch()
        except HorizonUnavailable as error:
            log.warning("stellar.watch_failed", why=str(error))
            return 0


def _has_anything_to_watch() -> bool:
    return (
        bool(settings.STELLAR_FUNDING_ACCOUNT)
        or FundingRequest.objects.filter(
            network=settings.STELLAR_NETWORK, funded_at__isnull=False
        ).exists()
    )


def _watch() -> int:
    network = observing.present()
    told = observing.told()
    if resets.may_be_reset(network, told):
        return 0
    if not network.payments_cursor:
        _begin(network, told)
    ours, stop_at = 0, time.monotonic() + SECONDS_MAX
    while True:
        try:
            page = observing.horizon().payments(cursor=network.payments_cursor, limit=PAGE)
        except HistoryGone:
            _leave_gap(network)
            continue
        with transaction.atomic():
            ours += _record(page.records)
            _tell_unreadable(page.unreadable)
            network.payments_cursor = page.next_cursor
            network.save(update_fields=["payments_cursor"])
        if page.count < PAGE or time.monotonic() > stop_at:
            return ours


def _begin(network: Network, told: Told) -> None:
    """Begin with the newest payment: what happened before we came is not our matter."""
    newest = observing.horizon().payments(cursor="", limit=1, newest=True).next_cursor
    network.payments_cursor = newest or str(told.ledger << resets.LEDGER_SHIFT)
    network.save(update_fields=["payments_cursor"])


def _leave_gap(network: Network) -> None:
    """Go on from where the server's history begins, and tell staff what nobody has looked at."""
    lost_from = network.payments_cursor
    first = observing.horizon().payments(cursor="", limit=1).next_cursor
    if not first.isdigit() or (lost_from.isdigit() and int(first) <= int(lost_from)):
        raise HorizonUnavailable("it has no history, and doesn't say where it begins")
    network.payments_cursor = str(int(first) - 1)
    with transaction.atomic():
        network.save(update_fields=["payments_cursor"])
        alerts.raise_alert(
            key="stellar:history_gap",
            title="Horizon has forgotten ledgers that were not looked at: compare with an explorer",
            details={"from": lost_from, "to": network.payments_cursor},
        )


def _tell_unreadable(tokens: tuple[str, ...]) -> None:
    for token in tokens:
        alerts.raise_alert(
            key=f"stellar:unreadable:{token}",
            title="A payment on Stellar can't be read: look at it in an explorer",
            details={"paging_token": token},
        )


@required
def _record(payments: Iterable[Payment]) -> int:
    payments = list(payments)
    addresses = {each.from_address for each in payments} | {each.to_address for each in payments}
    wallets = {
        wallet.stellar_public_key: wallet
        for wallet in Wallet.objects.filter(stellar_public_key__in=addresses)
    }
    accounts = set(
        Channel.objects.filter(public_key__in=addresses).values_list("public_key", flat=True)
    )
    accounts |= addresses & {settings.STELLAR_FUNDING_ACCOUNT}
    touching = [
        each
        for each in payments
        if {each.from_address, each.to_address} & (accounts | set(wallets))
    ]
    known = _known({each.transaction_hash for each in touching})
    movements = [
        _movement(
            each,
            address=address,
            wallet=wallets.get(address),
            is_ours=each.transaction_hash in known,
        )
        for each in touching
        for address in dict.fromkeys((each.from_address, each.to_address))
        if address in accounts or address in wallets
    ]
    Movement.objects.bulk_create(movements, ignore_conflicts=True)
    for movement in movements:
        if not movement.is_expected:
            _tell(movement)
    return len(movements)


def _known(hashes: set[str]) -> set[str]:
    """Return those hashes that belong to a submission of ours, as it was signed or bumped."""
    signed = Envelope.objects.filter(hash__in=hashes).values_list("hash", flat=True)
    planned = Submission.objects.filter(hash__in=hashes).values_list("hash", flat=True)
    return set(signed) | {hash for hash in planned if hash}


def _movement(payment: Payment, *, address: str, wallet: Wallet | None, is_ours: bool) -> Movement:
    is_out = payment.from_address == address
    # Whoever fills an account of ours does no harm, and friendbot opens accounts for us.
    is_harmless = not is_out and (wallet is None or _is_by_friendbot(payment))
    return Movement(
        paging_token=payment.paging_token,
        address=address,
        wallet=wallet,
        direction=Movement.Direction.OUT if is_out else Movement.Direction.IN,
        counterparty=payment.to_address if is_out else payment.from_address,
        amount_stroops=payment.amount_stroops,
        asset=payment.asset,
        type=payment.type,
        transaction_hash=payment.transaction_hash,
        at=payment.at,
        is_expected=is_ours or is_harmless,
    )


def _is_by_friendbot(payment: Payment) -> bool:
    has_friendbot = settings.STELLAR_FRIENDBOT_URL and not settings.STELLAR_FUNDING_ACCOUNT
    return bool(has_friendbot) and payment.type == "create_account"


def _tell(movement: Movement) -> None:
    details = {"hash": movement.transaction_hash, "type": movement.type, "asset": movement.asset}
    if movement.direction == Movement.Direction.OUT:
        alerts.raise_alert(
            key=f"stellar:unexpected:{movement.address}",
            title="Money has left a Stellar account of ours, and we did not send it",
            details={**details, "address": movement.address},
        )
        return
    alerts.raise_alert(
        key="stellar:uncredited",
        title="A member's Stellar account has received what is not in our books",
        details={**details, "wallet_id": str(movement.wallet_id)},
    )
