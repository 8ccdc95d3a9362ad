"""A run of the watcher: alone, bounded, all or nothing, and quiet where there is nothing to see."""

from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from nannychain import locks
from nannychain.alerts.models import Alert
from tests.factories.stellar_networks import (
    StellarNetwork,
    due_now,
    join,
    open_channels,
    settle,
)
from wallets.custody import signer
from wallets.stellar import planning
from wallets.stellar.client import reading
from wallets.stellar.models import Envelope, Network, Submission
from wallets.stellar.watching import services as watching
from wallets.stellar.watching.models import Movement

pytestmark = pytest.mark.django_db


def _cursor() -> str:
    return Network.objects.get().payments_cursor


def test_nothing_is_asked_where_there_is_nothing_to_watch(settings: Settings) -> None:
    settings.STELLAR_FUNDING_ACCOUNT = ""

    assert watching.watch() == 0

    assert not Network.objects.exists()


def test_what_happened_before_the_first_look_is_not_read(network: StellarNetwork) -> None:
    network.fund(30)

    assert watching.watch() == 0

    assert not Movement.objects.exists()
    network.fund(40)
    assert watching.watch() == 1
    assert Movement.objects.get().amount_stroops == 400_000_000


def test_two_do_not_watch_at_once(network: StellarNetwork) -> None:
    watching.watch()
    network.fund(30)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            numbers = locks._numbers(locks.Lock.STELLAR_WATCH, "TESTNET")
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", numbers)
            assert watching.watch() == 0
            assert not Movement.objects.exists()
            # Said aloud: a server notices a closed connection only some time later.
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", numbers)
    finally:
        other.close()
    assert watching.watch() == 1


def test_a_page_and_its_cursor_are_kept_together_or_not_at_all(
    network: StellarNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching.watch()
    network.fund(30)
    before = _cursor()

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("the process dies")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(Network, "save", crash)
        watching.watch()

    assert _cursor() == before
    assert not Movement.objects.exists()
    assert watching.watch() == 1
    assert Movement.objects.count() == 1


def test_a_run_that_takes_long_goes_on_at_the_next_ring(
    network: StellarNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching.watch()
    for _ in range(3):
        network.fund(30)
    monkeypatch.setattr(watching, "PAGE", 1)
    monkeypatch.setattr(watching, "SECONDS_MAX", -1.0)

    assert [watching.watch() for _ in range(4)] == [1, 1, 1, 0]

    assert Movement.objects.count() == 3


def test_what_a_fee_bump_of_ours_has_done_is_expected(network: StellarNetwork) -> None:
    open_channels(network)
    watching.watch()
    (address,) = join(1)
    due_now()
    planning.plan()
    submission = Submission.objects.get(purpose="open_accounts")
    signer.sign(submission.pk)
    Submission.objects.filter(pk=submission.pk).update(state="UNKNOWN", posts=1)  # it was lost
    assert signer.sign_bump(submission.pk, base_fee_stroops=1_000)
    settle(network)
    bump = Envelope.objects.get(submission=submission, number=1)

    watching.watch()

    arrived = Movement.objects.get(address=address)
    assert arrived.transaction_hash in (bump.hash, Submission.objects.get(pk=submission.pk).hash)
    assert arrived.is_expected
    assert Submission.objects.get(pk=submission.pk).fee_charged_stroops == 200, "the bump landed"


def test_a_history_that_begins_later_leaves_a_gap_that_staff_are_told(
    network: StellarNetwork,
) -> None:
    watching.watch()
    seen = _cursor()
    network.fund(30)  # this is what nobody looks at in time
    for _ in range(12):
        network.close()
    network.fault("pruned", target="horizon.read", ledgers=4, times=None)
    network.fund(40)

    assert watching.watch() == 1

    assert Movement.objects.get().amount_stroops == 400_000_000
    alert = Alert.objects.get(key="stellar:history_gap")
    assert alert.details["from"] == seen
    assert int(alert.details["to"]) > int(seen)
    network.fund(50)
    assert watching.watch() == 1


def test_a_record_that_cannot_be_read_holds_up_no_other(
    network: StellarNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching.watch()
    network.fund(30)
    network.fund(40)
    read = reading._payment
    spoiled: list[str] = []

    def of_another_protocol(record: dict[str, Any]) -> Any:
        if not spoiled or record["paging_token"] in spoiled:
            spoiled.append(record["paging_token"])
            raise KeyError("starting_balance")
        return read(record)

    monkeypatch.setattr(reading, "_payment", of_another_protocol)

    assert watching.watch() == 1

    assert Movement.objects.get().amount_stroops == 400_000_000
    assert Alert.objects.get(key=f"stellar:unreadable:{spoiled[0]}").resolved_at is None
    assert watching.watch() == 0
