"""Taking reserves back: sponsored accounts that nobody has used for long are closed.

The network is asked about each first: an account that holds anything stays open.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from wallets.stellar import channels, observing, planning
from wallets.stellar.client.horizon import AccountState, HorizonUnavailable
from wallets.stellar.intents import CloseAccount
from wallets.stellar.models import FundingRequest, Submission
from wallets.stellar.policy import SPONSORED_MAX
from wallets.stellar.states import FUNDING, Funding
from wallets.stellar.watching.models import Movement

IDLE_FOR = timedelta(days=180)
_LOOK_AGAIN = timedelta(days=7)


def reclaim() -> int:
    """Put idle sponsored accounts into closings; return how many accounts were put."""
    network = observing.present()
    if network.paused_at is not None or not settings.STELLAR_FUNDING_ACCOUNT:
        return 0
    try:
        network = observing.observe()
        channels.look_up()
        free = channels.free_for_batches()
        idle = _empty(_idle()[:SPONSORED_MAX]) if free else []
    except HorizonUnavailable:
        return 0
    if not idle:
        return 0
    with transaction.atomic():
        keys = [request.pk for request, _ in idle]
        rows = FundingRequest.objects.select_for_update(skip_locked=True, no_key=True)
        locked = set(rows.filter(pk__in=keys, state=Funding.FUNDED).values_list("pk", flat=True))
        chosen = [(request, account) for request, account in idle if request.pk in locked]
        if not chosen:
            return 0
        submission = planning.write(
            network,
            free[0],
            purpose=Submission.Purpose.CLOSE_ACCOUNTS,
            intents=[
                CloseAccount(
                    wallet_id=request.wallet_id,
                    assets=tuple(asset for asset, _ in account.trustlines),
                )
                for request, account in chosen
            ],
        )
        requests = [request for request, _ in chosen]
        FUNDING.move_all(requests, to=Funding.CLOSING, why=str(submission), submission=submission)
    return len(chosen)


def _idle() -> list[FundingRequest]:
    """Return sponsored accounts that were opened long ago and have not moved since."""
    before = timezone.now() - IDLE_FOR
    moved = Movement.objects.filter(at__gte=before, wallet__isnull=False).values("wallet_id")
    rows = FundingRequest.objects.select_related("wallet").filter(
        network=settings.STELLAR_NETWORK,
        state=Funding.FUNDED,
        is_sponsored=True,
        funded_at__lt=before,
        due_at__lte=timezone.now(),
    )
    return list(rows.exclude(wallet_id__in=moved).order_by("funded_at")[: 3 * SPONSORED_MAX])


def _empty(requests: list[FundingRequest]) -> list[tuple[FundingRequest, AccountState]]:
    """Return those whose account holds nothing; the others are looked at later again."""
    found = []
    for request in requests:
        account = observing.horizon().account(request.wallet.stellar_public_key)
        is_empty = account is not None and not (
            account.balance_stroops
            or account.num_sponsoring
            or any(balance for _, balance in account.trustlines)
        )
        if account is not None and is_empty:
            found.append((request, account))
        else:
            again = timezone.now() + _LOOK_AGAIN
            FundingRequest.objects.filter(pk=request.pk).update(due_at=again)
    return found
