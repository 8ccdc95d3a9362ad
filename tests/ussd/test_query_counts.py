"""What a hop costs: at most three queries to show, a stated number to act, no outside call ever."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.ussd.phone import Phone
from ussd.engine import store
from workers.identity import services as identity

pytestmark = pytest.mark.django_db

SHOWS_MAX = 3
JOINS = 22
ALREADY_JOINED = 5
CHOOSES_LANGUAGE = 9


@pytest.fixture
def counted() -> Callable[[], AbstractContextManager[CaptureQueriesContext]]:
    return lambda: CaptureQueriesContext(connection)


@pytest.fixture(autouse=True)
def only_our_own_servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[Any]]:
    """Fail on a connection to anything but our database and Redis."""
    redis_port = int(settings.CACHES["default"]["LOCATION"].rsplit(":", 1)[1].split("/")[0])
    ours = {redis_port, int(connection.settings_dict["PORT"] or 5432)}
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        assert address[1] in ours, f"a hop called {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    return ours


class TestShowing:
    def test_a_stranger_costs_one_query_at_the_dial_and_none_after(
        self, phone: Phone, counted: Any
    ) -> None:
        with counted() as queries:
            phone.dial()
            phone.enter("4", "1", "9", "0")
        assert len(queries) == 1

    def test_a_member_costs_one_query_at_the_dial_and_none_in_menus(
        self, phone: Phone, counted: Any
    ) -> None:
        identity.create_account(phone.number, channel="test", phone_proved=True)
        with counted() as queries:
            phone.dial()
            phone.enter("9", "0", "11", "0", "13")
        assert len(queries) == 1

    def test_a_screen_that_shows_the_member_costs_one_query(
        self, phone: Phone, counted: Any
    ) -> None:
        identity.create_account(phone.number, channel="test", phone_proved=True)
        phone.dial()
        with counted() as queries:
            assert "Member since" in phone.enter("8")
        assert len(queries) == 1

    def test_a_retry_costs_none(self, phone: Phone, counted: Any) -> None:
        phone.dial()
        phone.enter("1")
        with counted() as queries:
            phone.post()
        assert len(queries) == 0

    def test_a_rebuild_stays_within_three(self, phone: Phone, counted: Any) -> None:
        identity.create_account(phone.number, channel="test", phone_proved=True)
        phone.dial()
        phone.enter("9", "1", "11")
        phone.lose_session()
        with counted() as queries:
            phone.enter("0")
        assert len(queries) <= SHOWS_MAX

    def test_without_redis_a_hop_stays_within_three(
        self, phone: Phone, counted: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "_take", lambda *_: None)
        phone.dial()
        with counted() as queries:
            phone.enter("1")
        assert len(queries) <= SHOWS_MAX


class TestActing:
    def test_joining_costs_what_it_says(self, phone: Phone, counted: Any) -> None:
        phone.dial()
        phone.enter("1")
        with counted() as queries:
            phone.enter("1")
        assert len(queries) == JOINS

    def test_finding_the_account_costs_what_it_says(self, phone: Phone, counted: Any) -> None:
        phone.dial()
        phone.enter("1")
        identity.create_account(phone.number, channel="test", phone_proved=True)
        with counted() as queries:
            assert phone.enter("1").startswith("END You already have")
        assert len(queries) == ALREADY_JOINED

    def test_choosing_a_language_costs_what_it_says(self, phone: Phone, counted: Any) -> None:
        identity.create_account(phone.number, channel="test", phone_proved=True)
        phone.dial()
        phone.enter("9")
        with counted() as queries:
            phone.enter("2")
        assert len(queries) == CHOOSES_LANGUAGE
