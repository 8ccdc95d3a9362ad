"""Where people are on the phone, counted."""

from typing import Any

import pytest
import time_machine
from django.contrib.admin import site
from django.test import Client

from tests.factories import browsers
from tests.ussd.phone import Phone
from tests.ussd.test_other_gateways import Session
from ussd import figures
from ussd.admin import ScreenFigureAdmin
from ussd.engine import lengths
from ussd.engine.models import ScreenFigure, SessionFigure
from ussd.gateways.events import SESSION_ENDED

pytestmark = pytest.mark.django_db


def counted() -> dict[str, tuple[int, int, int, int, int]]:
    """Keep what was counted and return it: begun, shown, left, wrong, ended."""
    figures.keep()
    return {
        row.screen: (row.began, row.shown, row.left, row.wrong, row.ended)
        for row in ScreenFigure.objects.all()
    }


def test_each_hop_is_counted_where_it_belongs(phone: Phone) -> None:
    phone.dial()
    phone.enter("1", "9", "1")
    phone.post()  # a retry is no news
    assert counted() == {"welcome": (1, 1, 1, 0, 0), "register": (0, 2, 2, 1, 1)}


def test_where_somebody_gives_up_is_seen(phone: Phone) -> None:
    for _ in range(3):
        phone.dial()
        phone.enter("2")
    counted()
    assert ScreenFigure.objects.get(screen="sign_in").given_up == 3
    assert ScreenFigure.objects.get(screen="welcome").given_up == 0


def test_what_was_kept_is_not_counted_twice(phone: Phone) -> None:
    phone.dial()
    assert counted() == counted() == {"welcome": (1, 1, 0, 0, 0)}
    phone.dial()
    assert counted() == {"welcome": (2, 2, 0, 0, 0)}


def lengths_of(what: str) -> dict[int, int]:
    figures.keep()
    rows = SessionFigure.objects.filter(what=what)
    return dict(rows.values_list("upto", "sessions"))


def test_a_session_that_ends_tells_how_long_it_was(phone: Phone) -> None:
    with time_machine.travel("2026-11-20T09:00:00Z", tick=False) as clock:
        phone.dial()
        clock.shift(25)
        phone.enter("1")
        clock.shift(50)
        phone.enter("1")
        phone.post()  # a retry is no news, and more input after the end is no second end
        phone.enter("5")
    assert lengths_of("seconds") == {90: 1}
    assert lengths_of("hops") == {3: 1}


def test_two_sessions_by_one_name_are_two(settings: Any) -> None:
    first, second = Session("nalo"), Session("nalo")
    for session in (first, second):
        session.send(begins=True)
        session.send("3")
    assert counted()["welcome"] == (2, 2, 2, 0, 2)
    assert lengths_of("hops") == {2: 2}


@pytest.mark.parametrize(
    ("event", "seconds", "hops"),
    [
        ({"status": "Incomplete", "durationInMillis": "192", "hopsCount": "1"}, {5: 1}, {1: 1}),
        ({"status": "Failed", "durationInMillis": "61000", "hopsCount": "9"}, {90: 1}, {10: 1}),
        (
            {"status": "Incomplete", "durationInMillis": "999999999", "hopsCount": "0"},
            {600: 1},
            {1: 1},
        ),
        ({"status": "Success", "durationInMillis": "192", "hopsCount": "1"}, {}, {}),
        ({"status": "Incomplete", "durationInMillis": "-1", "hopsCount": "x"}, {}, {}),
        ({"status": "Incomplete", "durationInMillis": "9" * 400}, {}, {}),
        ({}, {}, {}),
    ],
)
def test_of_dropped_sessions_the_gateway_tells(
    event: dict[str, str], seconds: dict[int, int], hops: dict[int, int]
) -> None:
    assert SESSION_ENDED.handle is not None
    SESSION_ENDED.handle(event)
    assert lengths_of("dropped_seconds") == seconds
    assert lengths_of("dropped_hops") == hops


@pytest.mark.parametrize(
    ("length", "step"), [(-3, 5), (0, 5), (5, 5), (6, 10), (600, 600), (10**9, 600)]
)
def test_a_length_falls_into_a_step(length: int, step: int) -> None:
    assert lengths.upto(length, lengths.SECONDS) == step


def test_the_page_draws_how_far_people_get(phone: Phone, settings: Any) -> None:
    for _ in range(4):
        phone.dial()
        phone.enter("1", "9")
    phone.enter("1")
    figures.keep()
    page = browsers.officer("view_screenfigure").get("/admin/ussd/screenfigure/").content.decode()
    for title in (
        "Sessions by day, last 14 days",
        "Where people give up, last 7 days",
        "Wrong inputs by screen, last 7 days",
        "Step by step: register, last 7 days",
        "Seconds of a session, up to …, last 7 days",
        "Hops of a session, up to …, last 7 days",
    ):
        assert title in page
    # Four came to the screen and typed a wrong number; one went on, three gave up.
    assert "of 8 (37 %)" in page
    assert "<script" not in page[page.index("Sessions by day") : page.index("Hops of a session")]


def test_the_page_is_drawn_without_any_figure() -> None:
    page = browsers.officer("view_screenfigure").get("/admin/ussd/screenfigure/")
    assert page.status_code == 200


def test_nobody_sees_it_in_the_admin_who_is_not_signed_in() -> None:
    assert Client().get("/admin/ussd/screenfigure/").status_code == 302


def test_the_bar_shows_the_share_that_gave_up() -> None:
    figure = ScreenFigure(screen="send", shown=4, left=1)
    bar = ScreenFigureAdmin(ScreenFigure, site).given_up_bar(figure)
    assert 'aria-label="3 of 4"' in bar
    assert '<rect width="90"' in bar
