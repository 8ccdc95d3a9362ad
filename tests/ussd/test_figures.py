"""Where people are on the phone, counted."""

import pytest
from django.contrib.admin import site
from django.test import Client

from tests.ussd.phone import Phone
from ussd import figures
from ussd.admin import ScreenFigureAdmin
from ussd.engine.models import ScreenFigure

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


def test_nobody_sees_it_in_the_admin_who_is_not_signed_in() -> None:
    assert Client().get("/admin/ussd/screenfigure/").status_code == 302


def test_the_bar_shows_the_share_that_gave_up() -> None:
    figure = ScreenFigure(screen="send", shown=4, left=1)
    bar = ScreenFigureAdmin(ScreenFigure, site).given_up_bar(figure)
    assert 'aria-label="3 of 4"' in bar
    assert '<rect width="90"' in bar
