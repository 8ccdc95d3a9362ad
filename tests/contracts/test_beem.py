"""Beem's bodies, each as it comes: understood, and answered in its words."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).parent / "fixtures" / "beem"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
KENYAN = "254712345678"


def body(name: str, **changes: Any) -> dict[str, Any]:
    found = json.loads((FOLDER / f"{name}.json").read_text())["json"]
    return {**found, **changes}


def post(sent: dict[str, Any]) -> dict[str, Any]:
    response = Client().post("/ussd/gateways/beem", sent, "application/json")
    assert response.status_code == 200
    found = response.json()
    assert set(found) == {"command", "msisdn", "session_id", "operator", "payload"}
    assert set(found["payload"]) == {"request_id", "request"}
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_tanzanian_phone_is_told_that_we_are_kenyan(name: str) -> None:
    answer = post(body(name))
    assert answer["command"] == "terminate"
    expected = "" if name == "beem_05_terminate" else "NannyChain works with Kenyan mobile numbers"
    assert answer["payload"]["request"].startswith(expected)


def test_each_body_in_turn_is_one_session_of_a_kenyan_phone() -> None:
    session = {"msisdn": KENYAN, "session_id": uuid4().hex}
    shown = [post(body(name, **session)) for name in NAMES]
    texts = [answer["payload"]["request"] for answer in shown]
    assert texts[0].startswith("Welcome to NannyChain\n1. Create account")
    assert texts[1].startswith("By joining you say")
    assert texts[2].startswith("Account created. Worker ID: NW-")
    assert texts[3] == "This session has ended. Please dial again."
    assert texts[4] == ""
    commands = [answer["command"] for answer in shown]
    assert commands == ["continue", "continue", "terminate", "terminate", "terminate"]
    assert {answer["operator"] for answer in shown} == {"vodacom"}
    assert [answer["payload"]["request_id"] for answer in shown[:4]] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("payload", [[], "x", 7, {"response": [1]}, {"response": {"a": 1}}])
def test_a_payload_that_is_none_is_told_so(payload: Any) -> None:
    session = {"msisdn": KENYAN, "session_id": uuid4().hex}
    answer = post(body("beem_02_continue_number", payload=payload, **session))
    assert answer["command"] == "terminate"
    assert answer["payload"]["request"].startswith("This request can't be understood.")


def test_nothing_typed_is_asked_again_and_no_word_for_nothing_is_read() -> None:
    session = {"msisdn": KENYAN, "session_id": uuid4().hex}
    post(body("beem_01_initiate", **session))
    answer = post(body("beem_04_continue_null", **session))
    assert answer["payload"]["request"].startswith("Wrong choice. Try again.\nWelcome")
