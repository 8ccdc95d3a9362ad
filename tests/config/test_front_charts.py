"""The charts of the admin's front page: what they add up, and what they keep."""

import re
from datetime import date, datetime
from functools import partial
from typing import Any

import pytest
from celery import current_app
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import front_charts, money_by_day
from config.celery import QUEUES
from config.money_by_day import Day
from config.roles import Role
from nannychain import queues
from nannychain.clock import NAIROBI
from nannychain.ids import first_since
from nannychain.money import display as money_in_words
from tests.config.test_front_page import deposit, paybill, role, withdrawal
from tests.factories import money
from tests.factories.browsers import html

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


class TestOwedAndHeld:
    def test_it_is_covered_where_the_books_are_right(self) -> None:
        money.member(70_000)
        page = html(role(Role.FINANCE), "/admin/")
        assert "What we hold covers what we owe" in page
        assert "by our own books alone" in page
        assert "They agree" not in page
        assert money_in_words(70_000) in page

    def test_what_is_missing_is_shouted(self, monkeypatch: Any) -> None:
        monkeypatch.setattr(front_charts.reading, "position", lambda _: (12_345, {}))
        assert "KSh\N{NO-BREAK SPACE}123.45 is missing" in html(role(Role.FINANCE), "/admin/")

    def test_both_sides_are_of_one_instant_and_read_once_in_a_minute(self) -> None:
        who = money.member(70_000)
        first = front_charts.position_now()
        assert (first.owed, sum(first.held.values())) == (70_000, 70_000)
        money.put_in(who, 30_000)
        assert front_charts.position_now() == first
        cache.clear()
        second = front_charts.position_now()
        assert (second.owed, sum(second.held.values())) == (100_000, 100_000)

    def test_both_sides_are_read_by_one_statement(self) -> None:
        money.member(70_000)
        with CaptureQueriesContext(connection) as made:
            front_charts.position_now()
        assert len([query for query in made if "wallets_balance" in query["sql"]]) == 1


def _at(day: int, hour: int, minute: int = 0) -> dict[str, Any]:
    """Return the fields of a row that was made on that day of November, in Nairobi."""
    instant = datetime(2026, 11, day, hour, minute, tzinfo=NAIROBI)
    return {"id": first_since(instant), "created_at": instant}


class TestMoneyByDay:
    @pytest.fixture(autouse=True)
    def _noon(self, monkeypatch: Any) -> None:
        monkeypatch.setattr(money_by_day, "_today", lambda: date(2026, 11, 20))

    def test_a_day_is_one_of_nairobi_and_only_what_is_settled_counts(self) -> None:
        deposit(state="PAID", amount_cents=100, wanted_cents=100, **_at(18, 23, 59))
        deposit(state="PAID", amount_cents=200, wanted_cents=200, **_at(19, 0, 0))
        deposit(state="EXPIRED", amount_cents=900, wanted_cents=900, **_at(19, 10))
        paybill(state="SUSPENSE", **{"amount_cents": 40, **_at(19, 11)})
        paybill(state="ECHO", **{"amount_cents": 800, **_at(19, 12)})
        withdrawal(state="PAID", amount_cents=7_000, asked_cents=7_000, **_at(20, 9))
        withdrawal(state="FAILED", **_at(20, 10))
        assert money_by_day.last(3) == [
            Day(date(2026, 11, 18), 100, 0),
            Day(date(2026, 11, 19), 240, 0),
            Day(date(2026, 11, 20), 0, 7_000),
        ]

    def test_what_lies_before_the_window_is_not_read(self) -> None:
        deposit(state="PAID", **_at(1, 12))
        with CaptureQueriesContext(connection) as made:
            assert sum(day.in_cents for day in money_by_day.last(14)) == 0
        assert len(made) == 3
        first = first_since(datetime(2026, 11, 7, tzinfo=NAIROBI))
        assert all(first.hex in query["sql"].replace("-", "") for query in made)

    def test_days_that_are_over_are_kept_and_today_is_read_again(self) -> None:
        money_by_day.last(14)
        deposit(state="PAID", amount_cents=300, wanted_cents=300, **_at(20, 11))
        with CaptureQueriesContext(connection) as made:
            assert money_by_day.last(14)[-1].in_cents == 300
        today = first_since(datetime(2026, 11, 20, tzinfo=NAIROBI))
        assert all(today.hex in query["sql"].replace("-", "") for query in made)

    def test_nobody_gets_more_than_thirty_days(self) -> None:
        assert len(money_by_day.last(400)) == 30

    def test_the_page_shows_fourteen_days_or_thirty(self) -> None:
        client = role(Role.FINANCE)
        for asked_for, rows in (("", 14), ("30", 30), ("9999", 14), ("x", 14)):
            page = html(client, f"/admin/?days={asked_for}")
            assert len(re.findall(r'<th scope="row">', page)) == rows


class TestQueues:
    def test_messages_are_counted_in_each_queue(self) -> None:
        before = queues.depths(QUEUES)
        with current_app.connection_for_write() as broker:
            broker.SimpleQueue("signer").put({"task": "x"})
        after = queues.depths(QUEUES)
        assert set(after) == {"default", "mpesa", "signer", "sms", "stellar"}
        assert after["signer"] == before["signer"] + 1
        with current_app.connection_for_write() as broker:
            broker.SimpleQueue("signer").clear()

    def test_a_broker_that_is_away_is_said_and_the_page_still_shows(self, monkeypatch: Any) -> None:
        away = partial(current_app.connection_for_read, "redis://127.0.0.1:9/0")
        monkeypatch.setattr(current_app, "connection_for_read", away)
        with pytest.raises(ConnectionError):
            queues.depths(QUEUES)
        assert "can&#x27;t be reached" in html(role(Role.OPERATIONS), "/admin/")
