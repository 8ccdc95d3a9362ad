"""Taking reserves back: sponsored accounts that nobody has used for long are closed.

The network is asked about each first: an account that holds anything stays open.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from nannychain import locks
from wallets.stellar import channels, observing, planning, resting
from wallets.stellar.client.horizon import AccountState, HorizonUnavailable
from wallets.stellar.intents import CloseAccount, Intent
from wallets.stellar.models import Channel, FundingRequest, Network, Submission
from wallets.stellar.policy import SPONSORED_MAX
from wallets.stellar.states import FUNDING, Funding
from wallets.stellar.watching.models import Movement

IDLE_FOR = timedelta(days=180)
_LOOK_AGAIN = timedelta(days=7)


def reclaim() -> int:
    """Put idle sponsored accounts into a closing; return how many accounts were put.

    Not while somebody plans: both take channels.
    """
    with locks.alone(locks.Lock.STELLAR_PLANNING, settings.STELLAR_NETWORK) as is_alone:
        if not is_alone or not settings.STELLAR_FUNDING_ACCOUNT:
            return 0
        if observing.present().paused_at is not None:
            return 0
        if resting.room(Submission.Purpose.CLOSE_ACCOUNTS) == 0:
            return 0
        try:
            return _reclaim()
        except (HorizonUnavailable, channels.ChannelTaken):
            return 0


def _reclaim() -> int:
    network = observing.observe()
    channels.look_up()
    free = channels.free_for_batches()
    accounts = _empty(_some_idle()) if free else {}
    return _close(network, free[0], accounts=accounts) if accounts else 0


@transaction.atomic
def _close(network: Network, channel: Channel, *, accounts: dict[int, AccountState]) -> int:
    """Put those whose requests (by their ids) are still idle into one closing."""
    rows = _idle().select_for_update(skip_locked=True, no_key=True, of=("self",))
    requests = list(rows.filter(pk__in=accounts))
    if not requests:
        return 0
    intents: list[Intent] = [
        CloseAccount(
            wallet_id=request.wallet_id,
            assets=tuple(asset for asset, _ in accounts[request.pk].trustlines),
        )
        for request in requests
    ]
    submission = planning.write(
        network, channel, purpose=Submission.Purpose.CLOSE_ACCOUNTS, intents=intents
    )
    FUNDING.move_all(requests, to=Funding.CLOSING, why=str(submission), submission=submission)
    return len(requests)


def _idle() -> QuerySet[FundingRequest]:
    """Return sponsored accounts that were opened long ago, and neither moved nor needed since."""
    before = timezone.now() - IDLE_FOR
    moved = Movement.objects.filter(at__gte=before, wallet__isnull=False).values("wallet_id")
    rows = FundingRequest.objects.filter(
        network=settings.STELLAR_NETWORK,
        state=Funding.FUNDED,
        is_sponsored=True,
        funded_at__lt=before,
        due_at__lte=timezone.now(),
    )
    return rows.exclude(wallet_id__in=moved).exclude(needed_at__gte=before)


def _some_idle() -> list[FundingRequest]:
    """Return as many of them as go together, the longest open first."""
    rows = _idle().select_related("wallet").order_by("funded_at", "id")
    first = rows.first()
    if first is None:
        return []
    return list(rows.filter(batch_max=first.batch_max)[: min(SPONSORED_MAX, first.batch_max)])


def _empty(requests: list[FundingRequest]) -> dict[int, AccountState]:
    """Return the accounts that hold nothing, by request; the others are looked at later again."""
    found = {}
    for request in requests:
        account = observing.horizon().account(request.wallet.stellar_public_key)
        if account is not None and _can_be_closed(account):
            found[request.pk] = account
        else:
            again = timezone.now() + _LOOK_AGAIN
            FundingRequest.objects.filter(pk=request.pk).update(due_at=again)
    return found


def _can_be_closed(account: AccountState) -> bool:
    """Tell whether it holds nothing, and no entries but trustlines that can be removed.

    Offers, data and signers are entries too; a share in a pool counts as two.
    """
    lines = account.trustlines
    holds_something = account.balance_stroops or any(balance for _, balance in lines)
    is_plain = account.subentries == len(lines) and not account.num_sponsoring
    return is_plain and not holds_something and not any(a.startswith("pool:") for a, _ in lines)
