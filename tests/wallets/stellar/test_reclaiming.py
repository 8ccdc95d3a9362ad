"""Sponsored accounts that are idle for long are closed, and the reserve comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings
from stellar_sdk import (
    BeginSponsoringFutureReserves,
    EndSponsoringFutureReserves,
    Keypair,
    ManageData,
)

from nannychain import locks
from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from tests.factories.stellar_networks import StellarNetwork, due_now, join, open_channels, settle
from wallets.custody import signer
from wallets.custody.keys import seed_of
from wallets.stellar import consequences, outcomes, reclaiming, services, tending
from wallets.stellar.models import FundingRequest, Submission
from wallets.stellar.states import SUBMISSION, Funding, State
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
    before = timezone.now() - timedelta(days=181)
    FundingRequest.objects.update(needed_at=before, funded_at=before)
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


def _give_an_entry(network: StellarNetwork, address: str) -> None:
    """Give the account an entry that is no trustline: data, paid for by a sponsor."""
    wallet = Wallet.objects.select_related("sealed_key").get(stellar_public_key=address)
    member = Keypair.from_raw_ed25519_seed(seed_of(wallet.sealed_key))
    network.use(
        network.funding,
        BeginSponsoringFutureReserves(address),
        ManageData("note", b"mine", source=address),
        EndSponsoringFutureReserves(source=address),
        also=member,
    )


def test_an_account_with_an_entry_that_is_no_trustline_stays_and_holds_up_nobody(
    network: StellarNetwork, sponsored: list[str]
) -> None:
    _give_an_entry(network, sponsored[0])

    assert reclaiming.reclaim() == 2
    settle(network)

    assert [network.account(address) is None for address in sponsored] == [False, True, True]


def test_one_that_got_an_entry_meanwhile_waits_a_week_and_the_others_are_closed(
    network: StellarNetwork, sponsored: list[str]
) -> None:
    assert reclaiming.reclaim() == 3
    _give_an_entry(network, sponsored[0])
    _until_ended(network)

    stuck = FundingRequest.objects.get(wallet__stellar_public_key=sponsored[0])
    assert stuck.state == Funding.FUNDED
    assert stuck.due_at > timezone.now() + timedelta(days=6)
    alert = Alert.objects.get(key="stellar:closing")
    assert alert.details == {"wallets": [str(stuck.wallet_id)]}
    assert reclaiming.reclaim() == 2
    _until_ended(network)
    assert [network.account(address) is None for address in sponsored] == [False, True, True]


def test_a_closing_that_nothing_explains_is_tried_in_halves_and_then_left_for_a_week(
    network: StellarNetwork, sponsored: list[str]
) -> None:
    FundingRequest.objects.filter(wallet__stellar_public_key=sponsored[2]).update(
        funded_at=timezone.now() - timedelta(days=179)
    )
    for size in (2, 1, 1):  # together, then each alone
        assert reclaiming.reclaim() == size
        submission = Submission.objects.get(purpose="close_accounts", state=State.PLANNED)
        submission.state = State.SENT
        submission.save()
        with transaction.atomic():
            SUBMISSION.move(submission, to=State.FAILED, result_code="tx_internal_error")
            consequences.undone(submission)

    assert reclaiming.reclaim() == 0
    assert Alert.objects.get(key="stellar:closing").count == 2


def test_closings_that_the_signer_declines_as_a_whole_are_held_against_nobody(
    network: StellarNetwork, sponsored: list[str]
) -> None:
    assert reclaiming.reclaim() == 3
    submission = Submission.objects.get(purpose="close_accounts")
    with transaction.atomic():
        SUBMISSION.move(submission, to=State.DECLINED, ended_at=timezone.now())
    outcomes.settle_declined()

    assert reclaiming.reclaim() == 0
    assert set(FundingRequest.objects.values_list("batch_max", flat=True)) == {100}
    due_now()
    assert reclaiming.reclaim() == 3


def test_money_that_came_since_the_look_is_owed_to_its_owner(
    network: StellarNetwork, sponsored: list[str]
) -> None:
    reclaiming.reclaim()
    network.fund(2, sponsored[1])

    settle(network)

    wallet = Wallet.objects.get(stellar_public_key=sponsored[1])
    submission = Submission.objects.get(purpose="close_accounts")
    owed = {
        "wallet": str(wallet.pk),
        "amount": "2 XLM",
        "submission_id": str(submission.pk),
    }
    (alert,) = Alert.objects.filter(key__startswith="stellar:owed:")
    assert alert.details == owed
    assert AuditEntry.objects.get(action="stellar.money_came_with_closing").after == owed
    assert set(FundingRequest.objects.values_list("state", flat=True)) == {Funding.CLOSED}


def test_an_account_that_was_needed_lately_stays(
    network: StellarNetwork, sponsored: list[str]
) -> None:
    FundingRequest.objects.filter(wallet__stellar_public_key=sponsored[0]).update(
        needed_at=timezone.now()
    )

    assert reclaiming.reclaim() == 2


def test_one_that_is_needed_while_it_is_closed_is_opened_again(
    network: StellarNetwork, sponsored: list[str]
) -> None:
    reclaiming.reclaim()
    needed = Wallet.objects.get(stellar_public_key=sponsored[0])
    with transaction.atomic():
        services.need_account(needed)

    settle(network)

    assert [network.account(address) is None for address in sponsored] == [False, True, True]
    assert Submission.objects.get(purpose="close_accounts").state == State.CONFIRMED


def test_nobody_reclaims_while_somebody_plans(
    network: StellarNetwork, sponsored: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[object] = []

    @contextmanager
    def alone(kind: locks.Lock, key: str) -> Iterator[bool]:
        taken.append((kind, key))
        yield False

    monkeypatch.setattr(locks, "alone", alone)

    assert reclaiming.reclaim() == 0
    assert taken == [(locks.Lock.STELLAR_PLANNING, "TESTNET")]


def _until_ended(network: StellarNetwork) -> None:
    """Sign and tend what is pending until a ledger holds it, without letting what waits be due."""
    submission = Submission.objects.get(state=State.PLANNED)
    signer.sign(submission.pk)
    tending.tend(submission.pk)
    network.close()
    Submission.objects.filter(pk=submission.pk).update(due_at=timezone.now())
    assert tending.tend(submission.pk) in (State.CONFIRMED, State.FAILED)
