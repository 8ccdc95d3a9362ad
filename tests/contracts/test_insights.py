"""The two payloads of Africa's Talking about SIM swaps, and what must follow from each."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nannychain.notifications.africastalking import insights, swaps
from nannychain.notifications.africastalking.insights import Outcome

FOLDER = Path(__file__).parent / "fixtures" / "africastalking"
PHONE = "+254700123123"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def fixture(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return content


def body(**entry: Any) -> bytes:
    line = {"phoneNumber": {"number": PHONE}, **entry}
    return json.dumps({"responses": [line], "transactionId": "t-1"}).encode()


def test_the_recorded_answer_is_a_question_that_was_taken() -> None:
    recorded = fixture("simswap_send")
    answer = insights.read(recorded["http_status"], recorded["body_raw"].encode(), phone=PHONE)
    assert answer == insights.Answer(
        Outcome.ASKED,
        "Queued",
        request_id="ATXSwid_279949bd9a22d5a1907a9d9dd1cab790",
        transaction_id="c9ff6053-b237-4d16-a4fe-0c88e45457a2",
    )


def test_the_recorded_answer_about_somebody_else_is_no_answer() -> None:
    recorded = fixture("simswap_send")["body_raw"].encode()
    assert insights.read(200, recorded, phone="+254700123124").outcome is Outcome.UNKNOWN


def test_the_documented_callback_knows_of_no_change() -> None:
    told = swaps.parse(fixture("simswap_callback")["json"])
    assert told == swaps.Told(
        request_id="ATSwpid_4032b7bfddd5fdca0c401184a84cbb0d",
        transaction_id="738e202b-ea2f-43e5-b451-a85334e90fb5",
        status="Swapped",
        swapped_on=None,
        is_understood=True,
    )


@pytest.mark.parametrize(
    ("status", "content", "outcome"),
    [
        (200, body(status="UnsupportedNumberType"), Outcome.REFUSED),
        (200, body(status="Queued"), Outcome.REFUSED),
        (200, body(status="Odd", requestId="x"), Outcome.UNKNOWN),
        (200, b"<html>", Outcome.UNKNOWN),
        (200, b'{"responses": {}}', Outcome.UNKNOWN),
        (302, b"", Outcome.UNKNOWN),
        (401, b"The supplied authentication is invalid", Outcome.NOT_ASKED),
        (500, b"", Outcome.UNKNOWN),
    ],
)
def test_every_other_answer_means_what_it_can_prove(
    status: int, content: bytes, outcome: Outcome
) -> None:
    assert insights.read(status, content, phone=PHONE).outcome is outcome


@given(content=ANYTHING)
def test_no_answer_breaks_the_reading(content: Any) -> None:
    for wrapped in (content, {"responses": content}, {"responses": [content]}):
        answer = insights.read(200, json.dumps(wrapped).encode(), phone=PHONE)
        assert answer.outcome is not Outcome.ASKED


@given(day=st.dates(min_value=date(1991, 1, 1)))
def test_every_day_is_read_as_it_is_written(day: date) -> None:
    written = f"{day.day:02}-{day.month:02}-{day.year:04}"
    told = swaps.parse({"requestId": "x", "lastSimSwapDate": written})
    assert (told.swapped_on, told.is_understood) == (day, True)


@given(fields=st.dictionaries(st.sampled_from(["requestId", "lastSimSwapDate"]), ANYTHING))
def test_no_callback_breaks_the_reading(fields: dict[str, Any]) -> None:
    told = swaps.parse(fields)
    assert told.is_understood <= bool(told.request_id)


@pytest.mark.parametrize("written", ["2026-11-28", "31-02-2026", "soon", "28-11"])
def test_a_day_in_another_form_is_not_guessed(written: str) -> None:
    told = swaps.parse({"requestId": "x", "lastSimSwapDate": written})
    assert (told.swapped_on, told.is_understood) == (None, False)
