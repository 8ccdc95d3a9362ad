"""Lists a page at a time."""

import contextlib
import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from nannychain import alerts
from nannychain.api import pagination


def listed(**query: Any) -> Any:
    return Client().get("/api/payments", query)


@pytest.mark.django_db
class TestAList:
    def test_goes_from_the_newest_back_without_a_gap_or_a_double(self) -> None:
        made = [alerts.raise_alert(key=str(n), title="one") for n in range(7)]
        seen, cursor = [], None
        while True:
            page = json.loads(listed(size=3, **({"cursor": cursor} if cursor else {})).content)
            seen += page["items"]
            if cursor is None:
                made.append(alerts.raise_alert(key="late", title="arrives meanwhile"))
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == made[:7][::-1]

    def test_asks_the_database_once(self, django_assert_num_queries: Any) -> None:
        for n in range(5):
            alerts.raise_alert(key=str(n), title="one")
        with django_assert_num_queries(1):
            listed(size=2)

    @pytest.mark.parametrize("size", ["0", "101", "x", "-1", ""])
    def test_refuses_a_size_that_is_none(self, size: str) -> None:
        assert listed(size=size).status_code == 400

    @pytest.mark.parametrize(
        "cursor", ["x", "é", "AAAA", pagination.cursor_of("x"), pagination.cursor_of("9" * 40)]
    )
    def test_refuses_a_cursor_that_it_never_gave(self, cursor: str) -> None:
        answer = listed(cursor=cursor)
        assert answer.status_code == 400
        assert json.loads(answer.content)["code"] == "api.invalid_cursor"


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=50))
def test_a_cursor_says_where_to_go_on(place: str) -> None:
    assert pagination.read_cursor(pagination.cursor_of(place)) == place


@given(st.text(max_size=50))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    with contextlib.suppress(pagination.InvalidCursor):
        pagination.read_cursor(text)
