"""Asking for a wallet's account on the network, and saying what is known of its owner."""

from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from nannychain import audit
from nannychain.audit.services import SYSTEM
from nannychain.states.machine import IllegalMove
from nannychain.transactions import required
from wallets.stellar import policy
from wallets.stellar.models import BATCH_MAX, FundingRequest
from wallets.stellar.states import FUNDING, Funding
from wallets.wallet.models import Wallet


@required
def request_funding(*, wallet: Wallet, is_proved: bool) -> FundingRequest:
    """Store the request. Registration never waits for funding and never fails by it.

    `is_proved` says that the owner's phone was shown to be in her hands.
    """
    request = FundingRequest(wallet=wallet, proved_at=timezone.now() if is_proved else None)
    request.reason = policy.reason_to_wait(request)
    request.save(force_insert=True)
    FUNDING.record(request, source="", target=Funding.WAITING, why="account opened")
    return request


@required
def owner_is_proved(wallet: Wallet) -> None:
    """Note that the owner's phone was shown to be in her hands: her account may be opened."""
    for request in _waiting(wallet).filter(proved_at__isnull=True):
        request.proved_at = timezone.now()
        _say_why(request)


@required
def owner_is_known_anew(party_id: UUID) -> None:
    """Say anew what the party's account waits for: how well she is known has changed."""
    rows = FundingRequest.objects.select_for_update(no_key=True, of=("self",))
    waiting = rows.filter(wallet__party_id=party_id, state=Funding.WAITING)
    for request in waiting.exclude(reason=policy.CAP_REACHED):
        _say_why(request)


@required
def need_account(wallet: Wallet) -> None:
    """Note that a feature needs the account, and have it opened where it isn't there (any more).

    What was needed lately is not closed.
    """
    Wallet.objects.select_for_update(no_key=True).get(pk=wallet.pk)  # made once
    all_networks = FundingRequest.objects.select_for_update(no_key=True).filter(wallet=wallet)
    request = all_networks.filter(network=settings.STELLAR_NETWORK).first()
    if request is None:
        is_proved = any(each.proved_at is not None for each in all_networks)
        request = request_funding(wallet=wallet, is_proved=is_proved)
    request.needed_at = timezone.now()
    request.save(update_fields=["needed_at"])
    if request.state == Funding.CLOSED:
        open_again(request)
    elif request.state == Funding.WAITING:
        _say_why(request)


@required
def open_again(request: FundingRequest) -> None:
    """Let a closed account be opened again; raise IllegalMove where it isn't closed."""
    FUNDING.move(
        request,
        to=Funding.WAITING,
        why="a feature needs it",
        submission=None,
        batch_max=BATCH_MAX,
        due_at=timezone.now(),
    )
    _say_why(request)


@required
def try_again(request: FundingRequest, *, by: UUID | None = None, name: str = SYSTEM) -> None:
    """Let a request that failed alone wait for another try; raise IllegalMove where it didn't."""
    if request.state != Funding.NEEDS_REVIEW:
        raise IllegalMove  # other states lead to waiting too, but not on the word of staff
    why = request.reason
    FUNDING.move(
        request, to=Funding.WAITING, why="staff let it try again", reason="", due_at=timezone.now()
    )
    audit.record(
        "stellar.funding_tried_again",
        subject=request,
        actor_id=by,
        actor=name,
        before={"reason": why},
        channel="stellar",
    )


def _waiting(wallet: Wallet) -> QuerySet[FundingRequest]:
    rows = FundingRequest.objects.select_for_update(no_key=True)
    return rows.filter(wallet=wallet, state=Funding.WAITING)


def _say_why(request: FundingRequest) -> None:
    request.reason = policy.reason_to_wait(request)
    request.save(update_fields=["proved_at", "needed_at", "reason"])
