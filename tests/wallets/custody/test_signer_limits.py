"""The signer's limits of a day: what goes beyond them waits, and nobody can make room."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from nannychain.alerts.models import Alert
from tests.factories.submissions import (
    XLM,
    channel,
    funding_channel,
    opened,
    planned,
    planned_channel,
    wallet,
)
from wallets.custody import limits, signer
from wallets.custody.limits import Figures
from wallets.custody.models import Signing
from wallets.stellar import policy
from wallets.stellar.intents import CloseAccount, SponsorAccount
from wallets.stellar.models import Envelope, Submission
from wallets.stellar.states import State

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("funding")]


def limit(monkeypatch: pytest.MonkeyPatch, **figures: int) -> None:
    """Let a day on TESTNET have other limits."""
    changed = replace(limits.DAY["TESTNET"], **figures)
    monkeypatch.setitem(limits.DAY, "TESTNET", changed)


def signed_before(submission: Submission, **changes: Any) -> Signing:
    """Write down that something was signed."""
    fields = {
        "submission": submission,
        "network": "TESTNET",
        "is_channel_keeping": False,
        "accounts": 0,
        "stroops": 0,
        **changes,
    }
    return Signing.objects.create(**fields)


def assert_waits(submission: Submission, *, why: str) -> None:
    """Assert that it isn't signed now, that nothing is wrong with it, and that staff know."""
    assert not signer.sign(submission.pk)
    submission.refresh_from_db()
    assert submission.state == State.PLANNED
    assert not submission.envelopes.exists()
    assert not submission.signings.exists()
    assert why in Alert.objects.get(key="stellar:signing_limit").details["why"]


def test_what_was_signed_is_written_down_in_figures() -> None:
    signer.sign(planned(opened(wallet(), wallet())).pk)

    figures = limits.last_day("TESTNET")

    assert figures == Figures(
        transactions=1, channel_keepings=0, accounts=2, stroops=2 * XLM + 2 * 100
    )


def test_the_last_transaction_of_a_day_is_signed_and_the_next_one_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit(monkeypatch, transactions=2)
    for number in (1, 2):
        assert signer.sign(planned(opened(wallet()), on=channel(number)).pk)

    assert_waits(planned(opened(wallet()), on=channel(3)), why="transactions")


def test_accounts_are_counted_and_not_their_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, accounts=3)
    assert signer.sign(planned(opened(wallet(), wallet())).pk)

    assert_waits(planned(opened(wallet(), wallet()), on=channel(2)), why="accounts")
    assert signer.sign(planned(opened(wallet()), on=channel(3)).pk)


def test_closings_count_as_openings_do(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, accounts=0)
    submission = planned(
        [CloseAccount(wallet_id=wallet().pk)], purpose=Submission.Purpose.CLOSE_ACCOUNTS
    )

    assert_waits(submission, why="accounts")


def test_amounts_and_fees_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, stroops=XLM + 99)
    assert_waits(planned(opened(wallet())), why="XLM")

    limit(monkeypatch, stroops=XLM + 100)
    assert signer.sign(Submission.objects.get().pk)


def test_a_reserve_that_is_lent_counts_as_given() -> None:
    intent = SponsorAccount(wallet_id=wallet().pk, assets=("KESX:anybody",))

    assert limits.stroops_of([intent]) == 3 * policy.RESERVE_STROOPS


def test_channels_have_a_limit_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, channel_keepings=1)
    source = funding_channel()
    assert signer.sign(planned_channel(XLM, source=source).pk)
    Submission.objects.update(state=State.CONFIRMED)

    assert_waits(planned_channel(XLM, source=source, number=2), why="channels")
    assert signer.sign(planned(opened(wallet()), on=channel(3)).pk)


def test_a_figure_that_is_past_its_limit_holds_up_only_what_adds_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submission = planned(opened(wallet()))
    for _ in range(3):
        signed_before(submission, is_channel_keeping=True)
    limit(monkeypatch, channel_keepings=1)

    assert signer.sign(submission.pk)


def test_a_fee_bump_counts_and_has_to_find_room(monkeypatch: pytest.MonkeyPatch) -> None:
    submission = planned(opened(wallet()))
    signer.sign(submission.pk)
    Submission.objects.update(state=State.SENT)
    limit(monkeypatch, stroops=XLM + 100 + 2_000)

    assert signer.sign_bump(submission.pk, base_fee_stroops=1_000)
    assert not signer.sign_bump(submission.pk, base_fee_stroops=2_000)

    assert Envelope.objects.count() == 2
    assert Alert.objects.filter(key="stellar:signing_limit").exists()
    assert limits.last_day("TESTNET").transactions == 2


def test_after_a_day_there_is_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, transactions=1)
    submission = planned(opened(wallet()))
    signed_before(submission, at=timezone.now() - timedelta(hours=24, seconds=1))
    assert signer.sign(submission.pk)


def test_one_network_takes_no_room_from_another(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, transactions=1)
    submission = planned(opened(wallet()))
    signed_before(submission, network="PUBLIC")
    assert signer.sign(submission.pk)


@pytest.mark.parametrize("act", ["update", "delete"])
def test_nobody_can_make_room_by_changing_what_was_signed(act: str) -> None:
    signed_before(planned(opened(wallet())))
    rows = Signing.objects.all()

    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        if act == "update":
            rows.update(at=timezone.now() - timedelta(days=2))
        else:
            rows.delete()


@pytest.mark.parametrize("name", ["eager", "on_need"])
def test_a_day_as_the_funding_policy_has_it_fits_into_the_limits(name: str) -> None:
    """Full transactions, each with the dearest fee; else catching up would stop half-way."""
    plan = policy.POLICIES[name]
    day = limits.DAY["TESTNET" if name == "eager" else "PUBLIC"]
    transactions = -(-plan.daily_cap // plan.batch_max)
    operations = (plan.batch_max if name == "eager" else 3 * plan.batch_max) + 1

    assert plan.daily_cap <= day.accounts
    assert 3 * transactions <= day.transactions  # with two bumps each
    fees = transactions * operations * signer.CEILING_STROOPS
    assert plan.daily_cap * plan.stroops_each + fees <= day.stroops
