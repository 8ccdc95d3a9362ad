"""Asking when a SIM was changed: seldom, once, and with nothing lost by whoever dies in between."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from nannychain.alerts.models import Alert
from nannychain.notifications.africastalking.insights import Answer, Outcome
from tests.factories.members import MemberFactory
from tests.factories.threads import at_once
from tests.simulators.program import Receiver
from tests.ussd.phone import Phone
from ussd import callers
from ussd.engine.hop import Visit, Who
from workers.identity import selectors
from workers.identity.models import Member
from workers.identity.sim_swaps import asking, services
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.sim_swaps.states import State
from workers.identity.sim_swaps.tasks import sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member() -> Member:
    return MemberFactory.create()


@pytest.fixture
def provider(settings: Settings) -> Iterator[Receiver]:
    """A provider that takes every question."""
    with Receiver() as running:
        running.answer = lambda received: (200, taken(json.loads(received.body)))
        settings.AT_INSIGHTS_BASE_URL = f"http://127.0.0.1:{running.port}"
        yield running


def taken(asked: Any) -> bytes:
    (phone,) = asked["phoneNumbers"]
    line = {"phoneNumber": {"number": phone}, "status": "Queued", "requestId": f"R-{phone}"}
    return json.dumps({"responses": [line], "transactionId": str(uuid4())}).encode()


def lookup() -> SimSwapLookup:
    return SimSwapLookup.objects.get()


def test_a_question_is_asked_with_our_key_about_one_number(
    member: Member, provider: Receiver
) -> None:
    services.want(member.id)
    sweep()
    posted = provider.next()
    assert posted.path == "/v1/sim-swap"
    assert json.loads(posted.body) == {"username": "sandbox", "phoneNumbers": [member.phone]}
    assert posted.headers["apiKey"] == "key-of-the-tests"
    assert (lookup().state, lookup().request_id) == (State.ASKED, f"R-{member.phone}")


def test_it_is_wanted_once_a_week_whatever_came_of_it(member: Member, provider: Receiver) -> None:
    for days in (0, 1, 6):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
            services.want(member.id)
            sweep()
    assert provider.posts.qsize() == 1
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        services.want(member.id)
        sweep()
    assert provider.posts.qsize() == 2
    # The provider gave the same id again: it stays with the first.
    found = SimSwapLookup.objects.order_by("wanted_at").values_list("state", "request_id")
    assert list(found) == [(State.SILENT, f"R-{member.phone}"), (State.ASKED, "")]


def test_a_dial_wants_it_once_a_day_and_asks_nobody_itself(
    member: Member, provider: Receiver
) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        who = Who(selectors.caller_by_phone)
        callers.note_dial(Visit(hop=Phone(member.phone).hop(), language="en", who=who))
        assert (lookup().member_id, lookup().state) == (member.id, State.WAITING)
        assert provider.posts.empty()


def test_of_many_dials_at_once_one_is_a_question(member: Member) -> None:
    at_once(lambda: services.want(member.id), times=8)
    assert SimSwapLookup.objects.count() == 1


def test_of_many_workers_at_once_one_asks(member: Member, provider: Receiver) -> None:
    services.want(member.id)
    key = lookup().pk
    at_once(lambda: asking.ask(key, client=asking.client()), times=8)
    assert provider.posts.qsize() == 1


@pytest.mark.parametrize(
    ("status", "content", "state"),
    [
        (401, b"The supplied authentication is invalid", State.WAITING),
        (500, b"", State.UNKNOWN),
        (200, b"{}", State.UNKNOWN),
    ],
)
def test_what_was_taken_for_sure_decides_whether_it_is_asked_again(
    member: Member, provider: Receiver, status: int, content: bytes, state: State
) -> None:
    provider.answer = lambda _: (status, content)
    services.want(member.id)
    sweep()
    assert lookup().state == state
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        sweep()
    assert provider.posts.qsize() == (2 if state == State.WAITING else 1)


def test_a_provider_that_is_away_costs_patience_and_staff_are_told(
    member: Member, settings: Settings
) -> None:
    settings.AT_INSIGHTS_BASE_URL = "http://127.0.0.1:9"
    services.want(member.id)
    for hours in range(3):
        assert not Alert.objects.filter(key="sim_swaps:stuck").exists()
        with time_machine.travel(timezone.now() + timedelta(hours=2 * hours)):
            sweep()
    assert (lookup().state, lookup().attempts) == (State.WAITING, 3)
    assert Alert.objects.filter(key="sim_swaps:stuck", resolved_at=None).exists()


def test_a_worker_that_died_leaves_it_unknown_and_a_late_answer_still_counts(
    member: Member, provider: Receiver
) -> None:
    services.want(member.id)
    assert asking._claim(lookup().pk) is not None
    with time_machine.travel(timezone.now() + asking.CLAIM_MAX + timedelta(seconds=1)):
        sweep()
    assert lookup().state == State.UNKNOWN
    assert provider.posts.empty()
    asking.record(lookup().pk, Answer(Outcome.NOT_ASKED, "late"))
    assert lookup().state == State.UNKNOWN
    asking.record(lookup().pk, Answer(Outcome.ASKED, "Queued", "R-1", "T-1"))
    assert (lookup().state, lookup().request_id) == (State.ASKED, "R-1")


def test_without_credentials_nobody_is_asked(
    member: Member, provider: Receiver, settings: Settings
) -> None:
    settings.AT_API_KEY = ""
    services.want(member.id)
    sweep()
    assert lookup().state == State.REFUSED
    assert provider.posts.empty()
