"""Movements on accounts of ours and members' are recorded once, and what nobody expected rings."""

from datetime import timedelta

import pytest
import requests
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings
from stellar_sdk import Account, Asset, Keypair, TransactionBuilder

from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from tests.factories import stellar_networks
from tests.factories.stellar_networks import StellarNetwork, join, open_channels, settle
from wallets.stellar.models import Channel, FundingRequest, Network, Submission
from wallets.stellar.states import Funding
from wallets.stellar.watching import reviewing
from wallets.stellar.watching import services as watching
from wallets.stellar.watching.models import Movement

pytestmark = pytest.mark.django_db


def _pay(network: StellarNetwork, sender: Keypair, address: str, lumens: str) -> None:
    """Let somebody who is not us pay."""
    account = network.account(sender.public_key)
    assert account is not None
    builder = TransactionBuilder(
        Account(sender.public_key, int(account["sequence"])),
        "Test SDF Network ; September 2015",
        base_fee=100,
    )
    envelope = builder.append_payment_op(address, Asset.native(), lumens).set_timeout(60).build()
    envelope.sign(sender)
    form = {"tx": envelope.to_xdr()}
    address = f"{network.horizon_url}/transactions_async"
    assert requests.post(address, data=form, timeout=10).status_code == 201
    network.close()


def _review(movement: Movement, *, note: str) -> bool:
    by = FundingRequest.objects.get().wallet.party_id
    return reviewing.review(movement_id=movement.pk, by=by, name="Achieng", note=note)


def _stranger(network: StellarNetwork) -> Keypair:
    stranger = Keypair.random()
    network.fund(100, stranger.public_key)
    return stranger


def test_what_we_send_is_recorded_as_expected_on_both_sides(network: StellarNetwork) -> None:
    watching.watch()
    (address,) = join(1)
    settle(network)

    assert watching.watch() > 0
    assert watching.watch() == 0

    arrived = Movement.objects.get(address=address)
    assert (arrived.direction, arrived.amount_stroops, arrived.asset) == (
        "in",
        10_000_000,
        "native",
    )
    assert arrived.is_expected
    assert arrived.wallet is not None
    left = Movement.objects.get(paging_token=arrived.paging_token, direction="out")
    assert left.address == network.funding.public_key
    assert not Movement.objects.filter(is_expected=False).exists()
    assert not Alert.objects.filter(key__startswith="stellar:un").exists()


def test_what_a_stranger_sends_to_a_member_waits_to_be_looked_at(network: StellarNetwork) -> None:
    (address,) = join(1)
    settle(network)
    watching.watch()
    _pay(network, _stranger(network), address, "2.5")

    watching.watch()

    movement = Movement.objects.get(is_expected=False)
    assert (movement.address, movement.amount_stroops) == (address, 25_000_000)
    assert Alert.objects.filter(key="stellar:uncredited", resolved_at__isnull=True).exists()
    with pytest.raises(reviewing.NoteMissing):
        _review(movement, note="  ")
    assert _review(movement, note="a gift of her sister")
    assert not _review(movement, note="something else")
    movement.refresh_from_db()
    assert movement.note == "a gift of her sister"
    noted = AuditEntry.objects.get(action="stellar.movement_reviewed")
    assert (noted.actor, noted.reason) == ("Achieng", "a gift of her sister")


def test_money_that_leaves_our_account_without_us_rings(network: StellarNetwork) -> None:
    watching.watch()
    stranger = _stranger(network)
    _pay(network, network.funding, stranger.public_key, "7")

    watching.watch()

    assert Alert.objects.filter(key=f"stellar:unexpected:{network.funding.public_key}").exists()


def test_whoever_fills_our_account_is_no_matter_for_an_alert(network: StellarNetwork) -> None:
    watching.watch()
    _pay(network, _stranger(network), network.funding.public_key, "50")

    watching.watch()

    assert Movement.objects.get(address=network.funding.public_key).is_expected
    assert not Alert.objects.exists()


def test_a_network_that_cannot_be_asked_leaves_no_gap(network: StellarNetwork) -> None:
    (address,) = join(1)
    settle(network)
    watching.watch()
    stranger = _stranger(network)
    _pay(network, stranger, address, "1")
    network.fault("error", target="horizon.read", times=1)
    assert watching.watch() == 0
    _pay(network, stranger, address, "2")

    watching.watch()

    arrived = Movement.objects.filter(address=address, is_expected=False).order_by("id")
    assert [movement.amount_stroops for movement in arrived] == [10_000_000, 20_000_000]


def test_pages_that_are_full_are_followed_by_the_next(
    network: StellarNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PAGE", 3)
    watching.watch()
    open_channels(network)
    addresses = join(10)
    settle(network)

    watching.watch()

    recorded = Movement.objects.filter(wallet__isnull=False).values_list("address", flat=True)
    assert sorted(recorded) == sorted(addresses)


def test_a_reset_is_noticed_said_and_begun_anew(network: StellarNetwork) -> None:
    addresses = join(2)
    settle(network)
    network.close(300)
    stellar_networks.work()
    watching.watch()
    Network.objects.update(ledger=5_000)
    network.simulators.post("/control/horizon/reset")
    watching.watch()
    assert Network.objects.get().paused_at is None, "a replica may lag behind"
    Network.objects.update(behind_since=timezone.now() - timedelta(minutes=2))

    watching.watch()

    found = Network.objects.get()
    assert found.paused_at is not None
    assert (found.resets, found.payments_cursor) == (1, "")
    assert "stellar_after_reset" in found.pause_reason
    assert Alert.objects.filter(key="stellar:reset", resolved_at__isnull=True).exists()
    stellar_networks.work()
    assert "paused" in Network.objects.get().holding

    network.close(3)
    network.fund(100_000)
    with pytest.raises(CommandError, match="--yes"):
        call_command("stellar_after_reset")
    call_command("stellar_after_reset", "--yes")
    assert AuditEntry.objects.get(action="stellar.begun_anew").after == {"accounts": 2}
    assert not Channel.objects.filter(opened_at__isnull=False).exists()
    settle(network)
    assert [network.creations(address) for address in addresses] == [1, 1]
    assert set(FundingRequest.objects.values_list("state", flat=True)) == {Funding.FUNDED}
    assert not Alert.objects.filter(key="stellar:reset", resolved_at__isnull=True).exists()


def test_a_replica_that_was_behind_for_a_moment_is_no_reset(network: StellarNetwork) -> None:
    watching.watch()
    Network.objects.update(ledger=1_000_000)
    watching.watch()
    assert Network.objects.get().behind_since is not None
    Network.objects.update(ledger=1_000)

    watching.watch()

    found = Network.objects.get()
    assert (found.behind_since, found.paused_at, found.resets) == (None, None, 0)


def test_the_public_network_is_never_begun_anew(settings: Settings) -> None:
    settings.STELLAR_NETWORK = "PUBLIC"
    with pytest.raises(CommandError, match="test networks"):
        call_command("stellar_after_reset", "--yes")


def test_channels_are_made_and_shown_by_a_command(
    network: StellarNetwork, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("stellar_channels")
    assert "channel 2" in capsys.readouterr().out
    open_channels(network)
    call_command("stellar_channels")
    assert capsys.readouterr().out.count(" open, ") == 3
    assert Submission.objects.filter(purpose="keep_channels").count() == 1
