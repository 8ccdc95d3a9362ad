"""USSD between the phone and the product: the forms that are posted, and what the phone shows."""

import json
import re
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.simulators.program import Received, Receiver, Simulators

WANJIRU, AKINYI = "+254712345678", "+254722000111"
CODE = "*384*2024#"
TARGET = "africastalking.ussd"
TROUBLE = "Connection problem or invalid MMI code"
FIXTURES = Path(__file__).parents[1] / "contracts/fixtures/africastalking"


class Handset:
    """A phone without a page: dials, replies, remembers its session."""

    def __init__(self, simulators: Simulators, number: str = WANJIRU) -> None:
        self.simulators, self.number, self.session = simulators, number, ""

    def dial(self, code: str = CODE, **line: Any) -> str:
        fields = {"phone": self.number, "code": code, **line}
        return self._show(self.simulators.post("/phone/dial", **fields))

    def reply(self, typed: str, **line: Any) -> str:
        fields = {"phone": self.number, "session": self.session, "input": typed, **line}
        return self._show(self.simulators.post("/phone/reply", **fields))

    def hang_up(self) -> None:
        self.simulators.post("/phone/hangup", phone=self.number, session=self.session)

    def _show(self, screen: dict[str, Any]) -> str:
        self.session = screen["session"]
        return str(screen["text"])


@pytest.fixture
def phone(simulators: Simulators, product: Receiver) -> Handset:
    """A phone in front of an application that repeats what was typed, and ends at 0."""

    def answer(received: Received) -> tuple[int, bytes]:
        text = received.fields.get("text", "")
        return 200, f"{'END' if text.endswith('0') else 'CON'} You typed: {text}".encode()

    product.answer = answer
    return Handset(simulators)


def texts(product: Receiver, count: int) -> list[str]:
    return [product.next().fields["text"] for _ in range(count)]


def test_the_form_is_the_recorded_one_byte_for_byte(phone: Handset, product: Receiver) -> None:
    phone.dial()
    phone.reply("1")
    for name in ("ussd_01_begin", "ussd_02_continue"):
        true = json.loads((FIXTURES / f"{name}.json").read_text())
        posted = product.next()
        assert re.fullmatch("ATUid_[0-9a-f]{32}", posted.fields["sessionId"])
        expected = true["decoded"] | {
            "phoneNumber": WANJIRU,
            "serviceCode": CODE,
            "sessionId": phone.session,
            "networkCode": "63902",
        }
        assert posted.body == urlencode(expected)
        for header in ("Content-Type", "User-Agent"):
            assert posted.headers[header] == true["headers"][header]


def test_text_grows_and_back_is_appended_too(phone: Handset, product: Receiver) -> None:
    assert phone.dial() == "You typed: "
    for typed in ("1", "a*b", "", "Ngũgĩ & + #"):
        phone.reply(typed)
    assert texts(product, 5) == ["", "1", "1*a*b", "1*a*b*", "1*a*b**Ngũgĩ & + #"]


def test_two_phones_have_two_sessions(phone: Handset) -> None:
    other = Handset(phone.simulators, AKINYI)
    phone.dial()
    other.dial()
    assert phone.session != other.session
    assert phone.reply("1") == other.reply("1") == "You typed: 1"


def test_a_session_answers_to_its_own_phone_only(phone: Handset, product: Receiver) -> None:
    phone.dial()
    product.next()
    thief = Handset(phone.simulators, AKINYI)
    thief.session = phone.session
    assert thief.reply("1") == "Session timed out. Dial again."
    assert product.posts.empty()


def test_nothing_follows_an_end(phone: Handset, product: Receiver) -> None:
    phone.dial()
    session = phone.session
    assert phone.reply("0") == "You typed: 0"
    assert phone.session == ""
    phone.session = session
    assert phone.reply("1") == "Session timed out. Dial again."


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"CON hello"),
        (500, b"END hello"),
        (302, b"CON hello"),
        (200, b""),
        (200, b"hello"),
        (200, b"CONhello"),
        (200, b" CON hello"),
        (200, b"\xef\xbb\xbfCON hello"),
        (200, b"<html>CON hello"),
        (200, b"CON \xff\xfe"),
    ],
)
def test_any_other_answer_is_trouble(
    phone: Handset, product: Receiver, status: int, body: bytes
) -> None:
    product.answer = lambda _: (status, body)
    assert phone.dial() == TROUBLE
    assert phone.session == ""


def test_an_answer_that_takes_too_long_is_trouble(phone: Handset, product: Receiver) -> None:
    release = threading.Event()

    def answer(_: Received) -> tuple[int, bytes]:
        release.wait(10)
        return 200, b"CON late"

    product.answer = answer
    assert phone.dial() == TROUBLE  # after half a second, as the tests have set it
    release.set()


def test_another_code_is_not_posted(phone: Handset, product: Receiver) -> None:
    assert phone.dial("*384*1#") == TROUBLE
    assert product.posts.empty()


def test_the_end_of_a_session_is_told_as_recorded(phone: Handset, product: Receiver) -> None:
    phone.dial()
    phone.reply("1")
    phone.reply("0")
    event = [product.next() for _ in range(4)][-1]
    true = json.loads((FIXTURES / "event_01_incomplete.json").read_text())["decoded"]
    assert event.path == "/events"
    assert list(event.fields) == list(true)
    assert event.fields | {"date": "", "durationInMillis": "", "sessionId": ""} == {
        **true,
        "date": "",
        "durationInMillis": "",
        "sessionId": "",
        "phoneNumber": WANJIRU,
        "serviceCode": CODE,
        "networkCode": "63902",
        "status": "Success",
        "hopsCount": "3",
        "input": "1*0",
        "lastAppResponse": "END You typed: 1*0",
    }


@pytest.mark.parametrize("leave", ["hang up", "dial again"])
def test_a_session_that_is_left_is_incomplete(
    phone: Handset, product: Receiver, leave: str
) -> None:
    phone.dial()
    first = product.next().fields["sessionId"]
    if leave == "hang up":
        phone.hang_up()
    else:
        phone.dial()
    posts = [product.next() for _ in range(1 if leave == "hang up" else 2)]
    (event,) = (post for post in posts if post.path == "/events")
    assert (event.fields["status"], event.fields["sessionId"]) == ("Incomplete", first)


def test_a_failed_session_is_told_as_failed(phone: Handset, product: Receiver) -> None:
    product.answer = lambda received: (500 if received.path == "/ussd" else 200, b"")
    phone.dial()
    product.next()
    assert product.next().fields["status"] == "Failed"


@pytest.mark.parametrize("limit", ["SESSION", "IDLE"])
def test_a_session_ends_by_itself_when_its_time_is_over(limit: str) -> None:
    with Receiver(answer=lambda _: (200, b"CON Menu")) as product:
        environment = {
            "USSD_CALLBACK_URL": f"http://localhost:{product.port}/ussd",
            "USSD_EVENTS_URL": f"http://localhost:{product.port}/events",
            f"SIMULATORS_USSD_{limit}_SECONDS": "0.3",
        }
        with Simulators(environment) as simulators:
            phone = Handset(simulators)
            phone.dial()
            product.next()
            event = product.next().fields
            assert (event["status"], event["errorMessage"]) == ("Incomplete", "Session timed out")
            assert phone.reply("1") == "Session timed out. Dial again."


def test_input_begins_the_idle_time_again_but_not_the_session() -> None:
    with Receiver(answer=lambda _: (200, b"CON Menu")) as product:
        environment = {
            "USSD_CALLBACK_URL": f"http://localhost:{product.port}/ussd",
            "SIMULATORS_USSD_IDLE_SECONDS": "1.5",
            "SIMULATORS_USSD_SESSION_SECONDS": "2",
        }
        with Simulators(environment) as simulators:
            phone = Handset(simulators)
            phone.dial()
            began, screens = time.monotonic(), ["Menu"]
            while screens[-1] == "Menu" and time.monotonic() < began + 10:
                time.sleep(0.3)  # a person who types slowly, and never too slowly
                screens.append(phone.reply("1"))
            assert time.monotonic() - began >= 1.8
            assert screens[-1] == "Session timed out. Dial again."


def test_a_key_is_shown_as_a_bearer_when_there_is_one() -> None:
    with Receiver(answer=lambda _: (200, b"END Menu")) as product:
        environment = {
            "USSD_CALLBACK_URL": f"http://localhost:{product.port}/ussd",
            "USSD_BEARER": "a-key",
        }
        with Simulators(environment) as simulators:
            assert Handset(simulators).dial() == "Menu"
        assert product.next().headers["Authorization"] == "Bearer a-key"


def test_duplicate_posts_the_same_form_twice(phone: Handset, product: Receiver) -> None:
    phone.dial()
    phone.simulators.fault("duplicate", target=TARGET)
    assert phone.reply("1") == "You typed: 1"
    assert phone.reply("2") == "You typed: 1*2"
    posts = [product.next() for _ in range(4)]
    assert [post.fields["text"] for post in posts] == ["", "1", "1", "1*2"]
    assert posts[1].body == posts[2].body


def test_stale_posts_the_text_before_again(phone: Handset, product: Receiver) -> None:
    phone.simulators.fault("stale", target=TARGET)
    phone.dial()
    assert phone.reply("1") == "You typed: 1"
    assert phone.reply("2") == "You typed: 1*2"
    assert texts(product, 4) == ["", "1", "", "1*2"]


def test_answer_lost_reaches_the_product_but_not_the_phone(
    phone: Handset, product: Receiver
) -> None:
    phone.dial()
    phone.simulators.fault("answer_lost", target=TARGET)
    assert phone.reply("1") == TROUBLE
    assert texts(product, 2) == ["", "1"]
    assert product.next().fields["status"] == "Failed"
    assert phone.dial() == "You typed: "


def test_slow_posts_late(phone: Handset, product: Receiver) -> None:
    phone.simulators.fault("slow", target=TARGET, seconds=0.4, phone=WANJIRU)
    first, second = threading.Event(), Handset(phone.simulators, AKINYI)

    def dial() -> None:
        phone.dial()
        first.set()

    threading.Thread(target=dial).start()
    second.dial()  # another phone is not held up
    assert not first.is_set()
    assert first.wait(10)
    assert [product.next().fields["phoneNumber"] for _ in range(2)] == [AKINYI, WANJIRU]


def test_a_dropped_call_reaches_the_product_as_an_event_only(
    phone: Handset, product: Receiver
) -> None:
    phone.dial()
    session = phone.session
    assert phone.reply("1", drops=True) == "Call dropped"
    assert phone.session == ""
    assert texts(product, 2) == ["", "1"]
    event = product.next()
    recorded = json.loads((FIXTURES / "event_01_incomplete.json").read_text())["decoded"]
    assert list(event.fields) == list(recorded)
    told = [event.fields[name] for name in ("status", "errorMessage", "sessionId", "hopsCount")]
    assert told == ["Incomplete", recorded["errorMessage"], session, "2"]
    assert event.fields["lastAppResponse"] == "CON You typed: 1"
    phone.session = session
    assert phone.reply("2") == "Session timed out. Dial again."
    assert product.posts.empty()


def test_a_call_can_be_dropped_before_its_first_screen(phone: Handset, product: Receiver) -> None:
    assert phone.dial(drops=True) == "Call dropped"
    assert product.next().fields["text"] == ""
    assert (product.next().fields["status"], phone.session) == ("Incomplete", "")


def test_an_end_that_is_lost_on_the_way_was_still_a_success(
    phone: Handset, product: Receiver
) -> None:
    phone.dial()
    assert phone.reply("0", drops=True) == "Call dropped"
    assert texts(product, 2) == ["", "0"]
    assert product.next().fields["status"] == "Success"


def test_the_chosen_network_is_told(phone: Handset, product: Receiver) -> None:
    phone.dial(network="63903")
    phone.hang_up()
    assert [product.next().fields["networkCode"] for _ in range(2)] == ["63903", "63903"]


def test_a_call_may_have_less_patience_than_the_settings(phone: Handset, product: Receiver) -> None:
    phone.dial(idle_seconds=0.3)
    product.next()
    event = product.next().fields
    assert (event["status"], event["errorMessage"]) == ("Incomplete", "Session timed out")
    assert phone.reply("1") == "Session timed out. Dial again."


@pytest.mark.parametrize(
    "line",
    [
        {"network": "12345"},
        {"network": 63903},
        {"idle_seconds": 0},
        {"idle_seconds": -1},
        {"idle_seconds": 3601},
        {"idle_seconds": "30"},
        {"idle_seconds": True},
    ],
)
def test_a_line_that_cannot_be_is_refused(
    phone: Handset, product: Receiver, line: dict[str, Any]
) -> None:
    fields = {"phone": WANJIRU, "code": CODE, **line}
    answer = requests.post(f"{phone.simulators.url}/phone/dial", json=fields, timeout=10)
    assert answer.status_code == 400
    assert product.posts.empty()


def test_a_phone_sees_what_went_over_its_own_line(phone: Handset, product: Receiver) -> None:
    Handset(phone.simulators, AKINYI).dial()
    phone.dial()
    phone.reply("0")
    texts(product, 3)
    product.next()
    deadline = time.monotonic() + 10
    seen: list[dict[str, Any]] = []
    while len(seen) < 3 and time.monotonic() < deadline:
        seen = phone.simulators.get("/phone/exchanges", phone=WANJIRU)["exchanges"]
        time.sleep(0.02)
    assert {dict(exchange["fields"])["phoneNumber"] for exchange in seen} == {WANJIRU}
    names = [name for name, _ in seen[-1]["fields"]]  # in the order of the wire
    assert names == ["phoneNumber", "serviceCode", "text", "sessionId", "networkCode"]
    assert [exchange["is_event"] for exchange in seen] == [True, False, False]
    assert [exchange.get("body") for exchange in seen] == [
        None,
        "END You typed: 0",
        "CON You typed: ",
    ]
