"""The caps of the operating mode: members, money held, and the news before they are reached."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from nannychain.alerts.models import Alert
from nannychain.dated import services as dated
from nannychain.operating import services as operating
from nannychain.operating.flows import Flow
from nannychain.operating.models import ModeCaps
from nannychain.operating.selectors import FlowStopped, ModeFull
from payments import limits
from payments.limits import caps
from tests.factories import money
from wallets.ledger import reading
from workers.identity import services as identity
from workers.identity.models import Member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pilot(settings: Settings) -> None:
    """A mode with three members and KSh 10,000."""
    settings.OPERATING_MODE = "pilot"
    row = {
        "mode": "pilot",
        "effective_from": timezone.now() - timedelta(days=1),
        "reason": "a test",
        "members_max": 3,
        "liability_max_cents": 10_000_00,
    }
    dated.begin(ModeCaps, "mode", [row])


def test_the_fourth_member_of_three_can_not_join_and_the_third_can_come_back() -> None:
    for number in range(3):
        identity.create_account(f"071200000{number}", channel="ussd")

    with pytest.raises(ModeFull):
        identity.create_account("0712000009", channel="ussd")
    assert identity.create_account("0712000002", channel="ussd").already_exists
    assert Member.objects.count() == 3


def test_nobody_joins_while_registrations_are_stopped() -> None:
    operating.stop(Flow.REGISTRATIONS, reason="a fault", by=money.STAFF)

    with pytest.raises(FlowStopped):
        identity.create_account("0712000001", channel="ussd")
    operating.start(Flow.REGISTRATIONS, reason="mended", by=money.STAFF)
    identity.create_account("0712000001", channel="ussd")


def test_we_ask_for_no_more_than_we_may_hold() -> None:
    money.member(6_000_00)
    now = timezone.now()

    assert reading.owed_to_customers() == 6_000_00
    limits.ensure_room_for_money(4_000_00, at=now)
    with pytest.raises(ModeFull):
        limits.ensure_room_for_money(4_000_01, at=now)


def test_staff_are_told_before_a_cap_is_reached_and_when_there_is_room_again(
    settings: Settings,
) -> None:
    her = money.member(7_999_99)
    caps.watch()
    assert not Alert.objects.exists()

    money.put_in(her, 1)
    caps.watch()
    caps.watch()
    alert = Alert.objects.get()
    assert (alert.key, alert.details) == ("cap:liability", {"cap": 10_000_00, "used": 8_000_00})

    settings.OPERATING_MODE = "sandbox"
    caps.watch()
    alert.refresh_from_db()
    assert alert.resolved_at is not None
