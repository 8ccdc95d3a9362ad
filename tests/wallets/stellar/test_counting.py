"""Counting our accounts: what left them by our rows, against what Horizon says."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from pytest_django import Settings

from tests.factories.stellar_networks import StellarNetwork, join, open_channels, settle
from wallets.stellar.counting import services as counting
from wallets.stellar.counting.models import StellarCount
from wallets.stellar.models import Submission
from wallets.stellar.watching import services as watching

pytestmark = pytest.mark.django_db


def test_where_there_are_no_accounts_there_is_nothing_to_count(settings: Settings) -> None:
    settings.STELLAR_FUNDING_ACCOUNT = ""
    assert counting.count() is None


def test_what_accounts_were_opened_with_and_what_it_cost_is_accounted_for(
    network: StellarNetwork,
) -> None:
    open_channels(network)
    watching.watch()
    first = counting.count()
    assert first is not None
    assert (first.drift_stroops, len(first.balances)) == (None, 3)
    join(3)
    settle(network)
    network.close()
    second = counting.count()
    assert second is not None
    assert second.went_stroops == 3 * 10_000_000
    assert second.fees_stroops > 0
    assert second.drift_stroops == second.unexplained_stroops == 0
    assert second.total_stroops == first.total_stroops - 30_000_000 - second.fees_stroops


def test_what_somebody_pays_in_is_seen_and_no_drift(network: StellarNetwork) -> None:
    open_channels(network)
    watching.watch()
    counting.count()
    network.fund(30)
    count = counting.count()
    assert count is not None
    assert (count.came_stroops, count.drift_stroops) == (300_000_000, 0)


def test_a_fee_that_our_rows_don_t_know_is_a_drift(network: StellarNetwork) -> None:
    open_channels(network)
    watching.watch()
    counting.count()
    join(1)
    settle(network)
    network.close()
    Submission.objects.filter(purpose="open_accounts").update(fee_charged_stroops=0)
    count = counting.count()
    assert count is not None
    assert count.drift_stroops is not None
    assert count.drift_stroops < 0
    assert count.unexplained_stroops == count.drift_stroops


def test_the_same_ledger_is_counted_once(network: StellarNetwork) -> None:
    open_channels(network)
    watching.watch()
    assert counting.count() == counting.count()
    assert StellarCount.objects.count() == 1


def test_a_horizon_that_is_away_is_no_drift(network: StellarNetwork, settings: Any) -> None:
    settings.STELLAR_HORIZON_URL = "http://127.0.0.1:9"
    with pytest.raises(counting.NotCounted):
        counting.count()


def test_a_count_can_not_be_changed(network: StellarNetwork) -> None:
    open_channels(network)
    watching.watch()
    counting.count()
    with pytest.raises(DatabaseError), transaction.atomic():
        StellarCount.objects.update(drift_stroops=0)
