"""A network that forgot everything is told from one that lags behind, and from another network."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from nannychain.alerts.models import Alert
from tests.factories.stellar_networks import StellarNetwork, join, settle
from wallets.stellar import resetting
from wallets.stellar.models import BATCH_MAX, FundingRequest, Network, Submission
from wallets.stellar.watching import services as watching
from wallets.stellar.watching.models import Movement

pytestmark = pytest.mark.django_db


def _a_while_later() -> None:
    """Let the doubt be older than a replica's lag."""
    doubted = Network.objects.filter(behind_since__isnull=False)
    doubted.update(behind_since=timezone.now() - timedelta(minutes=2))


def _rings(key: str) -> bool:
    return Alert.objects.filter(key=key, resolved_at__isnull=True).exists()


def test_another_network_is_not_watched_and_is_no_reset(
    network: StellarNetwork, settings: Settings
) -> None:
    watching.watch()
    Network.objects.update(ledger=5_000_000)
    before = Network.objects.get()
    settings.STELLAR_NETWORK_PASSPHRASE = "Some other network ; January 2026"
    network.fund(10)

    for _ in range(2):
        watching.watch()
        _a_while_later()

    found = Network.objects.get()
    assert found.payments_cursor == before.payments_cursor
    assert (found.behind_since, found.paused_at, found.resets) == (None, None, 0)
    assert _rings("stellar:wrong_network")


def test_a_reset_is_noticed_also_when_the_new_ledgers_have_caught_up(
    network: StellarNetwork,
) -> None:
    watching.watch()
    join(1)
    settle(network)
    watching.watch()
    network.simulators.post("/control/horizon/reset")
    network.close(300)

    watching.watch()
    assert Network.objects.get().paused_at is None, "one replica may have lost its history"
    _a_while_later()
    watching.watch()

    found = Network.objects.get()
    assert (found.resets, found.payments_cursor) == (1, "")
    assert found.paused_at is not None
    assert _rings("stellar:reset")


def test_what_was_sent_before_a_reset_is_no_sign_of_the_next(network: StellarNetwork) -> None:
    watching.watch()
    join(1)
    settle(network)
    network.simulators.post("/control/horizon/reset")
    network.close(300)
    for _ in range(4):
        watching.watch()
        _a_while_later()

    assert Network.objects.get().resets == 1


def test_a_replica_far_behind_that_knows_our_transactions_is_no_reset(
    network: StellarNetwork,
) -> None:
    watching.watch()
    join(1)
    settle(network)
    network.close(30)
    watching.watch()
    cursor = Network.objects.get().payments_cursor
    Network.objects.update(ledger=5_000)

    for _ in range(3):
        watching.watch()
        _a_while_later()

    found = Network.objects.get()
    assert (found.paused_at, found.resets, found.payments_cursor) == (None, 0, cursor)
    assert _rings("stellar:far_behind")
    Network.objects.update(ledger=1_000)
    watching.watch()
    assert not _rings("stellar:far_behind")


def test_a_cursor_that_the_network_has_not_reached_is_a_sign_of_a_reset(
    network: StellarNetwork,
) -> None:
    watching.watch()
    Network.objects.update(payments_cursor=str(9_000 << 32))

    watching.watch()
    _a_while_later()
    watching.watch()

    assert Network.objects.get().resets == 1


def test_what_arrives_in_the_same_place_after_a_reset_is_recorded_too(
    network: StellarNetwork,
) -> None:
    watching.watch()
    (address,) = join(1)
    network.close(100)
    network.fund(30, address)
    watching.watch()
    first = Movement.objects.get(address=address)
    Network.objects.update(ledger=5_000)
    network.simulators.post("/control/horizon/reset")
    for _ in range(3):
        watching.watch()
        _a_while_later()
    network.close((int(first.paging_token) >> 32) - network.close() - 1)
    network.fund(40, address)

    watching.watch()

    found = Movement.objects.filter(address=address).order_by("id")
    assert [movement.amount_stroops for movement in found] == [300_000_000, 400_000_000]
    assert {movement.paging_token for movement in found} == {first.paging_token}


def test_a_reset_before_anything_of_ours_was_in_a_ledger_is_noticed(
    network: StellarNetwork,
) -> None:
    watching.watch()
    assert not Submission.objects.exists()
    Network.objects.update(ledger=5_000)

    watching.watch()
    _a_while_later()
    watching.watch()

    assert Network.objects.get().resets == 1


def test_the_public_network_is_never_held_for_reset(
    network: StellarNetwork, settings: Settings
) -> None:
    settings.STELLAR_NETWORK = "PUBLIC"
    watching.watch()
    cursor = Network.objects.get().payments_cursor
    Network.objects.update(ledger=5_000)

    watching.watch()
    _a_while_later()
    watching.watch()

    found = Network.objects.get()
    assert (found.paused_at, found.resets, found.payments_cursor) == (None, 0, cursor)
    assert _rings("stellar:far_behind")


def test_after_a_reset_nobody_waits_for_what_a_closing_came_to(network: StellarNetwork) -> None:
    join(1)
    settle(network)
    later = timezone.now() + timedelta(days=7)
    FundingRequest.objects.update(due_at=later, batch_max=1)

    assert resetting.begin_anew() == 1

    request = FundingRequest.objects.get()
    assert request.due_at <= timezone.now()
    assert request.batch_max == BATCH_MAX
