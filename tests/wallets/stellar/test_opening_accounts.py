"""Members' accounts are opened on the network: planned, signed, handed in, seen in a ledger."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings
from stellar_sdk import Keypair

from nannychain import alerts
from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from nannychain.states.models import StateChange
from tests.factories.stellar_networks import (
    StellarNetwork,
    join,
    open_channels,
    settle,
    work,
)
from wallets.custody import signer
from wallets.stellar import planning, policy, runway, services, tending
from wallets.stellar.intents import SponsorAccount
from wallets.stellar.models import Channel, Envelope, FundingRequest, Network, Submission
from wallets.stellar.states import Funding, State
from wallets.wallet.models import Wallet

pytestmark = pytest.mark.django_db(transaction=True)


def test_whoever_joins_has_an_account_of_one_lumen_made_by_a_transaction_we_signed(
    network: StellarNetwork,
) -> None:
    (address,) = join(1)

    settle(network)

    account = network.account(address)
    assert account is not None
    assert account["balances"][0]["balance"] == "1.0000000"
    request = FundingRequest.objects.get()
    assert (request.state, request.reason) == (Funding.FUNDED, "")
    submission = request.submission
    assert submission is not None
    assert (submission.state, submission.result_code) == (State.CONFIRMED, "tx_success")
    assert submission.fee_charged_stroops == 100
    told = network.simulators.get(f"/horizon/transactions/{submission.hash}")
    assert told["envelope_xdr"] == Envelope.objects.get(submission=submission).xdr
    signed = AuditEntry.objects.get(action="stellar.signed", subject_id=str(submission.pk))
    assert signed.after["hash"] == submission.hash
    assert signed.after["stroops"] == 10_000_000


def test_a_hundred_go_into_one_transaction(network: StellarNetwork) -> None:
    open_channels(network)
    addresses = join(101)

    settle(network)

    opened = Submission.objects.filter(purpose="open_accounts").order_by("created_at")
    assert [len(each.intents) for each in opened] == [100, 1]
    assert {network.creations(address) for address in addresses} == {1}


def test_channels_are_made_once_and_each_carries_one_transaction_at_a_time(
    network: StellarNetwork,
) -> None:
    open_channels(network)
    channels = Channel.objects.order_by("number")
    assert [channel.number for channel in channels] == [0, 1, 2]
    for channel in channels[1:]:
        account = network.account(channel.public_key)
        assert account is not None
        assert channel.sequence == int(account["sequence"])

    join(250)
    work()

    pending = Submission.objects.filter(purpose="open_accounts", state=State.SENT)
    assert [each.channel.number for each in pending.order_by("channel__number")] == [1, 2]
    assert FundingRequest.objects.filter(state=Funding.WAITING).count() == 50
    assert all(each.leased_until_ledger for each in channels.filter(number__gt=0))
    settle(network)
    assert set(channels.values_list("leased_until_ledger", flat=True)) == {None}


def test_planning_takes_a_fixed_number_of_queries_however_many_join(
    network: StellarNetwork, django_assert_max_num_queries: object
) -> None:
    open_channels(network)
    work()  # the funding account's balance is read once more, after it made the channels
    counts = []
    for size in (2, 60):
        join(size)
        connection.queries_log.clear()
        connection.force_debug_cursor = True
        work()
        counts.append(len(connection.queries_log))
        connection.force_debug_cursor = False
        settle(network)
    assert counts[0] == counts[1]


def test_without_a_funding_account_everything_waits_and_says_what_to_do(
    network: StellarNetwork, settings: Settings
) -> None:
    settings.STELLAR_FUNDING_SECRET = settings.STELLAR_FUNDING_ACCOUNT = ""
    join(1)

    work()

    assert "STELLAR_FUNDING_SECRET" in Network.objects.get().holding
    assert FundingRequest.objects.get().state == Funding.WAITING


def test_an_unknown_funding_account_stops_with_an_alert_and_goes_on_when_filled(
    network: StellarNetwork, settings: Settings
) -> None:
    network.simulators.post("/control/horizon/reset")
    join(1)

    work()

    assert "not on the network" in Network.objects.get().holding
    alert = Alert.objects.get(key="stellar:funding:not_there")
    assert alert.resolved_at is None
    network.fund(1_000)
    settle(network)
    assert FundingRequest.objects.get().state == Funding.FUNDED
    alert.refresh_from_db()
    assert alert.resolved_at is not None
    assert Network.objects.get().holding == ""


def test_friendbot_opens_our_funding_account_where_there_is_one(
    network: StellarNetwork, settings: Settings
) -> None:
    network.simulators.post("/control/horizon/reset")
    settings.STELLAR_FRIENDBOT_URL = f"{network.horizon_url}/friendbot"
    (address,) = join(1)

    settle(network)

    assert network.account(address) is not None
    assert network.creations(settings.STELLAR_FUNDING_ACCOUNT) == 1


def test_without_a_secret_friendbot_opens_members_accounts(
    network: StellarNetwork, settings: Settings
) -> None:
    settings.STELLAR_FUNDING_SECRET = settings.STELLAR_FUNDING_ACCOUNT = ""
    settings.STELLAR_FRIENDBOT_URL = f"{network.horizon_url}/friendbot"
    addresses = join(3)

    settle(network)

    assert [network.creations(address) for address in addresses] == [1, 1, 1]
    assert set(FundingRequest.objects.values_list("state", flat=True)) == {Funding.FUNDED}


@pytest.fixture
def by_friendbot(network: StellarNetwork, settings: Settings) -> None:
    settings.STELLAR_FUNDING_SECRET = settings.STELLAR_FUNDING_ACCOUNT = ""
    settings.STELLAR_FRIENDBOT_URL = f"{network.horizon_url}/friendbot"


def test_friendbot_keeps_to_the_cap_of_a_day_too(
    network: StellarNetwork, by_friendbot: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(policy.POLICIES["eager"], daily_cap=2)
    monkeypatch.setitem(policy.POLICIES, "eager", small)
    addresses = join(4)

    for _ in range(3):
        work()
        network.close()

    assert sum(network.account(address) is not None for address in addresses) == 2
    waiting = FundingRequest.objects.filter(state=Funding.WAITING)
    assert [each.reason for each in waiting] == [policy.CAP_REACHED] * 2
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        planning.plan()
    assert not FundingRequest.objects.filter(state=Funding.WAITING).exists()


def test_friendbot_opens_on_need_what_is_needed_alone(
    network: StellarNetwork, by_friendbot: None, settings: Settings
) -> None:
    settings.STELLAR_FUNDING_POLICY = "on_need"
    needed, other = join(2)
    with transaction.atomic():
        services.need_account(Wallet.objects.get(stellar_public_key=needed))

    for _ in range(3):
        work()
        network.close()

    assert network.account(needed) is not None
    assert network.account(other) is None


def test_what_friendbot_was_asked_for_is_seen_when_an_account_of_ours_pays_later(
    network: StellarNetwork, settings: Settings
) -> None:
    secret, account = settings.STELLAR_FUNDING_SECRET, settings.STELLAR_FUNDING_ACCOUNT
    settings.STELLAR_FUNDING_SECRET = settings.STELLAR_FUNDING_ACCOUNT = ""
    settings.STELLAR_FRIENDBOT_URL = f"{network.horizon_url}/friendbot"
    (address,) = join(1)
    planning.plan()
    assert FundingRequest.objects.get().state == Funding.SUBMITTED

    settings.STELLAR_FUNDING_SECRET, settings.STELLAR_FUNDING_ACCOUNT = secret, account
    settings.STELLAR_FRIENDBOT_URL = ""
    settle(network)

    assert FundingRequest.objects.get().state == Funding.FUNDED
    assert network.creations(address) == 1


def test_what_the_network_refused_is_over_when_it_takes_something_again(
    network: StellarNetwork,
) -> None:
    keys = ["stellar:refused:tx_bad_auth", "stellar:fault:op_underfunded", "stellar:no_async"]
    for key in [*keys, "stellar:owed:somebody"]:
        alerts.raise_alert(key=key, title="a trouble")

    join(1)
    settle(network)

    still_open = Alert.objects.filter(resolved_at__isnull=True)
    assert [alert.key for alert in still_open] == ["stellar:owed:somebody"]


def test_a_low_funding_account_stops_before_it_is_empty(network: StellarNetwork) -> None:
    network.simulators.post("/control/horizon/reset")
    network.fund(16)  # two channels take six, the reserve one: nine of the hundred of a day
    join(3)
    for _ in range(6):
        work()
        network.close()

    assert FundingRequest.objects.filter(state=Funding.WAITING).count() == 3
    assert "low" in Network.objects.get().holding
    assert runway.running_low(Network.objects.get()) is not None
    network.fund(5_000)
    settle(network)
    assert FundingRequest.objects.filter(state=Funding.FUNDED).count() == 3
    assert runway.running_low(Network.objects.get()) is None


def test_the_cap_of_a_day_lets_the_rest_wait_with_the_reason(
    network: StellarNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_channels(network)
    small = replace(policy.POLICIES["eager"], daily_cap=2)
    monkeypatch.setitem(policy.POLICIES, "eager", small)
    join(3)

    for _ in range(3):
        work()
        network.close()

    waiting = FundingRequest.objects.get(state=Funding.WAITING)
    assert waiting.reason == policy.CAP_REACHED
    assert FundingRequest.objects.filter(state=Funding.FUNDED).count() == 2


def test_sponsored_accounts_hold_nothing_and_eighteen_fit_into_a_transaction(
    network: StellarNetwork, settings: Settings
) -> None:
    settings.STELLAR_FUNDING_POLICY = "on_need"
    open_channels(network)
    addresses = join(19)
    for wallet in Wallet.objects.all():
        with transaction.atomic():
            services.need_account(wallet)

    settle(network)

    opened = Submission.objects.filter(purpose="open_accounts").order_by("created_at")
    assert [len(each.intents) for each in opened] == [18, 1]
    account = network.account(addresses[0])
    assert account is not None
    assert account["balances"][0]["balance"] == "0.0000000"
    assert account["sponsor"] == settings.STELLAR_FUNDING_ACCOUNT
    assert set(FundingRequest.objects.values_list("is_sponsored", flat=True)) == {True}


def test_the_history_tells_each_step(network: StellarNetwork) -> None:
    join(1)
    settle(network)
    submission = Submission.objects.get(purpose="open_accounts")

    changes = StateChange.objects.filter(
        machine="stellar.submission", subject_id=str(submission.pk)
    ).order_by("id")

    assert [change.target for change in changes] == ["PLANNED", "SIGNED", "SENT", "CONFIRMED"]


def test_a_sponsored_account_can_open_with_a_trustline(
    network: StellarNetwork, settings: Settings
) -> None:
    open_channels(network)
    (address,) = join(1)
    request = FundingRequest.objects.get()
    issuer = Keypair.random().public_key
    network.fund(10, issuer)
    asset = f"KESX:{issuer}"
    with transaction.atomic():
        submission = planning.write(
            Network.objects.get(),
            Channel.objects.get(number=1),
            purpose=Submission.Purpose.OPEN_ACCOUNTS,
            intents=[SponsorAccount(wallet_id=request.wallet_id, assets=(asset,))],
        )
        FundingRequest.objects.update(submission=submission, state=Funding.SUBMITTED)
    assert signer.sign(submission.pk)
    tending.tend(submission.pk)

    settle(network)

    account = network.account(address)
    assert account is not None
    assert [each["asset_type"] for each in account["balances"]] == ["credit_alphanum4", "native"]
    assert account["num_sponsored"] == 3
