"""What the front page says of M-Pesa's own word: that it agrees, differs, or was not told."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from config import told_balances
from config.roles import Role
from payments.reconciliation.balances.models import BalanceReading
from payments.reconciliation.statements.models import StatementFile
from tests.config.test_front_page import role
from tests.factories import floats
from tests.factories.browsers import html, officer
from tests.factories.mpesa import PAYOUT_SHORTCODE, SHORTCODE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def our_numbers(settings: Any) -> None:
    cache.clear()
    floats.numbers(settings)


def told(cents: int, *, books: int, hours_ago: float = 0, **fields: Any) -> None:
    BalanceReading.objects.create(
        shortcode=PAYOUT_SHORTCODE,
        answered_at=timezone.now() - timedelta(hours=hours_ago),
        told_cents=cents,
        books_cents=books,
        **{"going_cents": 0, "coming_cents": 0, **fields},
    )


def word() -> told_balances.Word:
    """Return what is said of the number that pays out."""
    (_, found) = told_balances.words(at=timezone.now())
    return found


def test_it_agrees() -> None:
    told(700_00, books=900_00, hours_ago=1)
    told(900_00, books=900_00)
    assert f"M-Pesa {PAYOUT_SHORTCODE}: told" in word().text
    assert "KSh 900, as in our books then. They agree." in word().text
    assert not word().is_alarming


@pytest.mark.parametrize(("cents", "side"), [(850_00, "less"), (950_00, "more")])
def test_it_differs(cents: int, side: str) -> None:
    told(cents, books=900_00)
    assert f"KSh 50 {side} than in our books then. They differ: KSh 50 is not" in word().text
    assert word().is_alarming


def test_what_may_be_under_way_is_no_alarm() -> None:
    told(870_00, books=900_00, going_cents=30_00)
    assert "KSh 30 less than in our books then, all of which may be under way." in word().text
    assert not word().is_alarming


def test_an_old_word_is_none_to_go_by() -> None:
    told(900_00, books=900_00, hours_ago=3.1)
    assert "not told since" in word().text
    assert word().is_alarming


def test_it_was_never_told() -> None:
    BalanceReading.objects.create(shortcode=PAYOUT_SHORTCODE)
    assert "has never told its balance. No statement was handed in." in word().text
    assert word().is_alarming


def test_the_newest_statement_of_each_account_has_its_say() -> None:
    ends = [timezone.now() - timedelta(days=days) for days in (3, 2, 2)]
    accounts = ("Utility Account", "Utility Account", "Working Account", "Charges Paid Account")
    for number, (account, end) in enumerate(zip(accounts, [*ends, ends[0]], strict=True)):
        StatementFile.objects.create(
            sha256=str(number),
            name="x",
            size_bytes=1,
            state="COMPARED",
            by="x",
            shortcode=PAYOUT_SHORTCODE,
            account=account,
            period_from=end - timedelta(days=1),
            period_to=end,
            opening_cents=0,
            closing_cents=100_00 * (number + 1),
        )
    told(900_00, books=900_00)
    assert f"{timezone.localtime(ends[1]):%-d %b %Y, %H:%M} with KSh 500." in word().text


def test_the_page_says_it_of_each_number_to_who_may_see_it() -> None:
    told(850_00, books=900_00)
    page = html(role(Role.FINANCE), "/admin/")
    assert f"M-Pesa {SHORTCODE}: has never told its balance." in page
    assert "They differ: KSh 50 is not explained." in page
    assert "They differ" not in html(officer("view_account"), "/admin/")
