"""A test network's friendbot: it opens our funding account, or, without one, members' accounts.

What it answers decides nothing: the network is asked whether the account is there.
"""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from wallets.stellar import observing
from wallets.stellar.models import FundingRequest, Network
from wallets.stellar.states import FUNDING, Funding

log = structlog.get_logger(__name__)

_AT_ONCE = 10
_LOOK_AGAIN = timedelta(seconds=10)
_GIVE_UP_AFTER = timedelta(minutes=2)


def open_funding_account(network: Network) -> bool:
    """Have our own account opened where it isn't there yet; return whether it is there then."""
    if not settings.STELLAR_FRIENDBOT_URL:
        return False
    observing.horizon().friendbot(settings.STELLAR_FRIENDBOT_URL, settings.STELLAR_FUNDING_ACCOUNT)
    log.info("stellar.friendbot", account=settings.STELLAR_FUNDING_ACCOUNT)
    return observing.funding_balance(network, is_fresh=True) is not None


def open_accounts(rows: QuerySet[FundingRequest], *, room: int) -> int:
    """Ask for some of these accounts that wait, and see which of those asked for are there.

    `rows` are those that may be taken up, `room` is how many more the day allows. Returns how many
    were asked for. Raises HorizonUnavailable.
    """
    look()
    claimed = _claim(rows, count=min(room, _AT_ONCE)) if room > 0 else []
    for request in claimed:
        observing.horizon().friendbot(
            settings.STELLAR_FRIENDBOT_URL, request.wallet.stellar_public_key
        )
    return len(claimed)


@transaction.atomic
def _claim(rows: QuerySet[FundingRequest], *, count: int) -> list[FundingRequest]:
    instant = timezone.now()
    free = rows.select_for_update(skip_locked=True, no_key=True, of=("self",))
    claimed = list(free.select_related("wallet").order_by("created_at", "id")[:count])
    FUNDING.move_all(
        claimed,
        to=Funding.SUBMITTED,
        why="friendbot was asked",
        reason="",
        submission=None,
        submitted_at=instant,
        due_at=instant + _LOOK_AGAIN,
    )
    return claimed


def look() -> None:
    """Ask the network for what friendbot was asked to open, also when nobody asks it any more."""
    instant = timezone.now()
    asked = FundingRequest.objects.select_related("wallet").filter(
        network=settings.STELLAR_NETWORK,
        state=Funding.SUBMITTED,
        submission__isnull=True,
        due_at__lte=instant,
    )
    for request in asked.order_by("due_at")[: 2 * _AT_ONCE]:
        is_there = observing.horizon().account(request.wallet.stellar_public_key) is not None
        is_late = request.submitted_at is None or instant - request.submitted_at > _GIVE_UP_AFTER
        with transaction.atomic():
            if is_there:
                FUNDING.move(
                    request, to=Funding.FUNDED, why="by friendbot", reason="", funded_at=instant
                )
            elif is_late:
                FUNDING.move(request, to=Funding.WAITING, why="friendbot did not open it")
            else:
                FundingRequest.objects.filter(pk=request.pk).update(due_at=instant + _LOOK_AGAIN)
