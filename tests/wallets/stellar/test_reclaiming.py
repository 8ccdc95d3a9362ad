"""Sponsored accounts that are idle for long are closed, and the reserve comes back."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from tests.factories.stellar_networks import StellarNetwork, due_now, join, open_channels, settle
from wallets.stellar import reclaiming, services
from wallets.stellar.models import FundingRequest, Submission
from wallets.stellar.states import Funding
from wallets.stellar.watching.models import Movement
from wallets.wallet.models import Wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def sponsored(network: StellarNetwork, settings: Settings) -> list[str]:
    """Three sponsored accounts, opened long ago."""
    settings.STELLAR_FUNDING_POLICY = "on_need"
    open_channels(network)
    addresses = join(3)
    for wallet in Wallet.objects.all():
        with transaction.atomic():
            services.need_account(wallet)
    settle(network)
    FundingRequest.objects.update(funded_at=timezone.now() - timedelta(days=181))
    return addresses


def _reserve(network: StellarNetwork) -> int:
    account = network.account(network.funding.public_key)
    assert account is not None
    return int(account["num_sponsoring"])


def test_idle_accounts_are_closed_and_give_back_what_was_lent(
    network: StellarNetwork, sponsored: list[str]
) -> None:
    assert _reserve(network) == 6

    assert reclaiming.reclaim() == 3
    settle(network)

    assert [network.account(address) for address in sponsored] == [None] * 3
    assert _reserve(network) == 0
    assert set(FundingRequest.objects.values_list("state", flat=True)) == {Funding.CLOSED}
    assert reclaiming.reclaim() == 0


def test_an_account_that_holds_or_has_moved_something_stays(
    network: StellarNetwork, sponsored: list[str]
) -> None:
    network.fund(1, sponsored[0])
    moved = Wallet.objects.get(stellar_public_key=sponsored[1])
    Movement.objects.create(
        paging_token="1",
        address=sponsored[1],
        wallet=moved,
        direction="in",
        counterparty=network.funding.public_key,
        asset="native",
        type="payment",
        transaction_hash="ab" * 32,
        at=timezone.now(),
    )

    assert reclaiming.reclaim() == 1
    settle(network)

    assert [network.account(address) is None for address in sponsored] == [False, False, True]


def test_a_closing_that_fails_leaves_the_account_open(
    network: StellarNetwork, sponsored: list[str]
) -> None:
    reclaiming.reclaim()
    Submission.objects.filter(purpose="close_accounts").update(max_ledger=1)
    due_now()

    settle(network)

    assert set(FundingRequest.objects.values_list("state", flat=True)) == {Funding.FUNDED}


def test_a_young_account_stays(network: StellarNetwork, sponsored: list[str]) -> None:
    FundingRequest.objects.update(funded_at=timezone.now() - timedelta(days=179))

    assert reclaiming.reclaim() == 0
