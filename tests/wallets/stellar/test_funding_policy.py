"""Who gets an account when, and what those who don't yet are told."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from nannychain.outbox import services as outbox
from nannychain.states.machine import IllegalMove
from tests.factories import money
from tests.factories.members import MemberFactory
from wallets.stellar import planning, policy, services
from wallets.stellar.models import FundingRequest
from wallets.stellar.states import Funding
from workers.identity.services import create_account
from workers.kyc import services as kyc
from workers.kyc.levels import Level

pytestmark = pytest.mark.django_db


def _request(*, is_proved: bool) -> FundingRequest:
    member = MemberFactory.create(phone_proved=is_proved)
    return FundingRequest.objects.get(wallet=member.wallet_id)


def test_whoever_dials_from_her_phone_waits_for_nothing() -> None:
    request = _request(is_proved=True)

    assert request.proved_at is not None
    assert request.reason == ""
    assert request in planning.eligible(policy.present())


def test_an_unproved_number_waits_until_it_is_proved() -> None:
    request = _request(is_proved=False)
    assert request.reason == policy.NOT_PROVED
    assert request not in planning.eligible(policy.present())

    member = MemberFactory._meta.model.objects.get(wallet=request.wallet_id)
    create_account(member.phone, channel="ussd", phone_proved=True)

    request.refresh_from_db()
    assert (request.reason, request.proved_at is None) == ("", False)
    assert request in planning.eligible(policy.present())


def test_on_need_waits_for_a_feature(settings: Settings) -> None:
    settings.STELLAR_FUNDING_POLICY = "on_need"
    request = _request(is_proved=True)
    assert request.reason == policy.NOT_NEEDED
    assert request not in planning.eligible(policy.present())

    with transaction.atomic():
        services.need_account(request.wallet)

    request.refresh_from_db()
    assert request.reason == ""
    assert request in planning.eligible(policy.present())


@pytest.mark.parametrize(("mode", "count"), [("sandbox", 0), ("partner", 0), ("licensed", 1)])
def test_the_public_network_needs_a_licence(settings: Settings, mode: str, count: int) -> None:
    settings.STELLAR_NETWORK, settings.STELLAR_FUNDING_POLICY = "PUBLIC", "on_need"
    settings.OPERATING_MODE = mode
    request = _request(is_proved=True)
    kyc.set_level(request.wallet.party_id, level=Level.ID_CHECKED, reason="seen", by=money.STAFF)
    with transaction.atomic():
        services.need_account(request.wallet)

    request.refresh_from_db()
    assert (request.reason == policy.NOT_LICENSED) == (mode != "licensed")
    assert planning.eligible(policy.present()).count() == count


def _known_as(request: FundingRequest, level: Level) -> FundingRequest:
    kyc.set_level(request.wallet.party_id, level=level, reason="seen", by=money.STAFF)
    outbox.relay()
    request.refresh_from_db()
    return request


def test_the_public_network_needs_an_owner_whom_staff_have_identified(settings: Settings) -> None:
    settings.STELLAR_NETWORK, settings.STELLAR_FUNDING_POLICY = "PUBLIC", "on_need"
    settings.OPERATING_MODE = "licensed"
    request = _request(is_proved=True)
    with transaction.atomic():
        services.need_account(request.wallet)

    for level in (Level.PHONE, Level.ID_NUMBER, Level.PHONE):
        assert _known_as(request, level).reason == policy.NOT_IDENTIFIED
        assert request not in planning.eligible(policy.present())
    assert _known_as(request, Level.ID_CHECKED).reason == ""
    assert request in planning.eligible(policy.present())
    assert _known_as(request, Level.ID_NUMBER).reason == policy.NOT_IDENTIFIED
    assert request not in planning.eligible(policy.present())


def test_a_test_network_asks_nobody_to_be_identified(settings: Settings) -> None:
    settings.STELLAR_FUNDING_POLICY = "on_need"
    request = _need(_request(is_proved=True))
    assert request.reason == ""
    assert request in planning.eligible(policy.present())


def test_a_cap_that_is_reached_stays_the_reason_of_whoever_is_known_better() -> None:
    request = _request(is_proved=True)
    FundingRequest.objects.update(reason=policy.CAP_REACHED)
    assert _known_as(request, Level.ID_CHECKED).reason == policy.CAP_REACHED


def test_where_nobody_knows_who_is_identified_nobody_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STELLAR_NETWORK, settings.STELLAR_FUNDING_POLICY = "PUBLIC", "on_need"
    settings.OPERATING_MODE = "licensed"
    request = _known_as(_request(is_proved=True), Level.ID_CHECKED)
    monkeypatch.setattr(policy._joined, "identified", None)
    with transaction.atomic():
        services.need_account(request.wallet)
    request.refresh_from_db()
    assert request.reason == policy.NOT_IDENTIFIED
    assert request not in planning.eligible(policy.present())


@pytest.mark.parametrize("state", [state for state in Funding if state != Funding.NEEDS_REVIEW])
def test_staff_let_nothing_try_again_that_has_not_failed_alone(state: Funding) -> None:
    request = _request(is_proved=True)
    FundingRequest.objects.update(state=state)
    request.refresh_from_db()

    with pytest.raises(IllegalMove), transaction.atomic():
        services.try_again(request)


def test_a_request_that_failed_alone_gets_another_try_from_staff() -> None:
    request = _request(is_proved=True)
    with pytest.raises(IllegalMove), transaction.atomic():
        services.try_again(request)
    FundingRequest.objects.update(state=Funding.NEEDS_REVIEW, reason="it was refused")
    request.refresh_from_db()

    with transaction.atomic():
        services.try_again(request)

    request.refresh_from_db()
    assert (request.state, request.reason) == (Funding.WAITING, "")


def _need(request: FundingRequest) -> FundingRequest:
    with transaction.atomic():
        services.need_account(request.wallet)
    return FundingRequest.objects.get(wallet=request.wallet, network="TESTNET")


@pytest.mark.parametrize("state", [Funding.FUNDED, Funding.CLOSING, Funding.SUBMITTED])
def test_the_need_of_an_account_that_is_there_is_noted_each_time(state: Funding) -> None:
    request = _request(is_proved=True)
    before = timezone.now()
    FundingRequest.objects.update(state=state, needed_at=before)

    request = _need(request)

    assert request.state == state
    assert request.needed_at is not None
    assert request.needed_at > before


def test_a_closed_account_is_opened_again_when_it_is_needed(settings: Settings) -> None:
    settings.STELLAR_FUNDING_POLICY = "on_need"
    request = _request(is_proved=True)
    later = timezone.now() + timedelta(days=7)
    FundingRequest.objects.update(
        state=Funding.CLOSED, reason="it was idle for long", batch_max=1, due_at=later
    )

    request = _need(request)

    assert (request.state, request.reason, request.batch_max) == (Funding.WAITING, "", 100)
    assert request in planning.eligible(policy.present())


@pytest.mark.parametrize("is_proved", [True, False])
def test_a_wallet_from_another_network_gets_a_request_for_this_one(is_proved: bool) -> None:
    request = _request(is_proved=is_proved)
    FundingRequest.objects.update(network="PUBLIC")

    made = _need(request)

    assert made.pk != request.pk
    assert made.needed_at is not None
    assert (made.proved_at is not None) == is_proved
    assert _need(request).pk == made.pk


def test_the_funding_account_stops_at_a_tenth_of_a_days_need_and_tells_at_half() -> None:
    assert policy.is_low(spendable=99, day_need=1000)
    assert not policy.is_low(spendable=100, day_need=1000)
    assert policy.is_getting_low(spendable=499, day_need=1000)
    assert not policy.is_getting_low(spendable=500, day_need=1000)


def test_requests_wait_in_the_order_in_which_they_came() -> None:
    requests = [_request(is_proved=True) for _ in range(3)]
    moved = requests[0]
    FundingRequest.objects.filter(pk=moved.pk).update(created_at=timezone.now())

    order = planning.eligible(policy.present()).order_by("created_at", "id")

    assert [each.pk for each in order] == [requests[1].pk, requests[2].pk, moved.pk]
