"""SMS, met as the product meets it: by Africa's Talking's own SDK and by raw requests."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from africastalking.Service import AfricasTalkingException
from africastalking.SMS import SMSService

from tests.simulators.program import Receiver, Simulators, free_port

WANJIRU, AKINYI = "+254712345678", "+254722000111"
FIXTURES = Path(__file__).parents[1] / "contracts/fixtures/africastalking"
Send = Callable[..., Any]


def recorded(name: str) -> dict[str, Any]:
    """Return a recorded exchange."""
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return found


def sdk(simulators: Simulators, key: str = "right") -> Any:
    """Return the provider's own client, pointed at the simulators."""
    service = SMSService("sandbox", key)
    service._baseUrl = f"{simulators.url}/africastalking/version1"
    return service


@pytest.fixture
def send(simulators: Simulators) -> Send:
    """Send one text by the SDK; return the recipients' lines of the answer."""

    def by_sdk(text: str = "Habari", *to: str, **fields: Any) -> Any:
        answer = sdk(simulators).send(text, list(to or [WANJIRU]), "NANNYCHAIN", **fields)
        return answer["SMSMessageData"]["Recipients"]

    return by_sdk


def raw(simulators: Simulators, *, key: str = "right", **fields: str) -> requests.Response:
    form = {"username": "sandbox", "to": WANJIRU, "message": "Habari", **fields}
    return requests.post(
        f"{simulators.url}/africastalking/version1/messaging",
        data={name: value for name, value in form.items() if value != "-"},
        headers={"apiKey": key, "Accept": "application/json"},
        timeout=10,
    )


@pytest.mark.parametrize(
    ("name", "enqueue"), [("sms_send_without_enqueue", "0"), ("sms_send_with_enqueue", "1")]
)
def test_a_send_is_answered_as_recorded(simulators: Simulators, name: str, enqueue: str) -> None:
    answer = raw(simulators, enqueue=enqueue)
    true = recorded(name)
    assert answer.status_code == true["http_status"]
    assert answer.headers["Content-Type"] == true["headers"]["Content-Type"] == "application/json"
    message_id = answer.json()["SMSMessageData"]["Recipients"][0]["messageId"]
    assert re.fullmatch("ATXid_[0-9a-f]{32}", message_id)
    expected = re.sub("ATXid_[0-9a-f]+", message_id, true["body_raw"])
    assert answer.text == re.sub(r"\+2547\d+", WANJIRU, expected)


def test_a_message_lands_in_its_phone_only(send: Send, simulators: Simulators) -> None:
    send("Karibu, Wanjiru. Kanisa la Ngũgĩ ♥")
    assert simulators.texts(WANJIRU) == ["Karibu, Wanjiru. Kanisa la Ngũgĩ ♥"]
    assert simulators.texts(AKINYI) == []


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("a" * 160, "KES 0.8000"),
        ("a" * 161, "KES 1.6000"),
        ("€" * 80, "KES 0.8000"),
        ("€" * 81, "KES 1.6000"),
        ("ũ" * 70, "KES 0.8000"),
        ("ũ" * 71, "KES 1.6000"),
        ("a" * 460, "KES 3.2000"),
    ],
)
def test_each_part_costs(send: Send, text: str, cost: str) -> None:
    assert send(text)[0]["cost"] == cost


def test_one_wrong_number_does_not_spoil_the_others(send: Send, simulators: Simulators) -> None:
    good, bad = send("Habari", WANJIRU, "+254711")
    true = json.loads(recorded("sms_send_partial")["body_raw"])["SMSMessageData"]["Recipients"]
    assert good["statusCode"] == 101
    assert bad == true[1]
    assert simulators.texts(WANJIRU) == ["Habari"]


def test_a_wrong_key_is_refused_in_plain_text(simulators: Simulators) -> None:
    answer, true = raw(simulators, key="wrong"), recorded("sms_send_invalid_key")
    assert (answer.status_code, answer.text) == (401, true["body_raw"])
    assert answer.headers["Content-Type"] == true["headers"]["Content-Type"]
    with pytest.raises(AfricasTalkingException, match="supplied authentication is invalid"):
        sdk(simulators, key="wrong").send("Habari", [WANJIRU])
    assert raw(simulators, username="somebody").status_code == 401
    assert simulators.texts(WANJIRU) == []


def test_a_foreign_sender_gets_a_201_with_nobody_in_it(simulators: Simulators) -> None:
    answer, true = raw(simulators, **{"from": "SAFARICOM"}), recorded("sms_send_invalid_sender_id")
    assert (answer.status_code, answer.text) == (201, true["body_raw"])
    assert simulators.texts(WANJIRU) == []


@pytest.mark.parametrize("name", ["username", "to", "message"])
def test_a_missing_field_is_named(simulators: Simulators, name: str) -> None:
    answer = raw(simulators, **{name: "-"})
    assert answer.status_code == 400
    assert answer.text == f"Request is missing required form field '{name}'"


def test_the_balance_can_be_asked(simulators: Simulators) -> None:
    address = f"{simulators.url}/africastalking/version1/user"
    headers, query = {"apiKey": "right"}, {"username": "sandbox"}
    answer = requests.get(address, params=query, headers=headers, timeout=10)
    assert answer.json() == {"UserData": {"balance": "USD 999.6168"}}
    assert requests.get(address, params=query, timeout=10).status_code == 401


def test_a_delivery_report_follows(send: Send, product: Receiver) -> None:
    (recipient,) = send()
    report = product.next()
    assert report.path == "/reports"
    assert report.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert report.fields == {
        "phoneNumber": WANJIRU,
        "retryCount": "0",
        "id": recipient["messageId"],
        "status": "Success",
        "networkCode": "63902",
    }


def test_a_report_is_repeated_until_it_is_taken(send: Send, product: Receiver) -> None:
    statuses = iter([503, 500])
    product.answer = lambda _: (next(statuses, 200), b"")
    (recipient,) = send()
    ids = [product.next().fields["id"] for _ in range(3)]
    assert ids == [recipient["messageId"]] * 3


def test_inboxes_and_reports_survive_a_restart(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        "SIMULATORS_STATE": str(tmp_path / "with space"),
        "SMS_REPORTS_URL": f"http://localhost:{port}/reports",
    }
    with Simulators(environment) as before:
        (recipient,) = sdk(before).send("Habari", [WANJIRU])["SMSMessageData"]["Recipients"]
    with Receiver(port=port) as later, Simulators(environment) as after:
        assert after.texts(WANJIRU) == ["Habari"]
        assert later.next().fields["id"] == recipient["messageId"]


def test_a_phone_that_stopped_messages_is_blacklisted_until_it_allows_them(
    send: Send, simulators: Simulators, product: Receiver
) -> None:
    send()
    product.next()
    simulators.post("/phone/stop", phone=WANJIRU, sender="NANNYCHAIN")
    told, true = product.next(), recorded("optout_01")
    assert told.path == "/optout"
    assert list(told.fields) == list(true["decoded"])
    assert told.fields == {"senderId": "NANNYCHAIN", "phoneNumber": WANJIRU}

    (refused,) = send("Again")
    assert (refused["status"], refused["statusCode"]) == ("UserInBlacklist", 406)
    assert refused["messageId"] == "None"
    assert simulators.texts(WANJIRU) == ["Habari"]

    simulators.post("/phone/dial", phone=WANJIRU, code="*456*9#")
    assert send("Again")[0]["status"] == "Success"


def test_slow_answers_late(send: Send, simulators: Simulators) -> None:
    simulators.fault("slow", seconds=0.4)
    began = time.monotonic()
    assert send()[0]["statusCode"] == 101
    assert time.monotonic() - began >= 0.4


def test_down_drops_the_connection_before_anything_is_accepted(
    send: Send, simulators: Simulators
) -> None:
    simulators.fault("down", times=2)
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            send()
    assert simulators.texts(WANJIRU) == []
    assert send()[0]["statusCode"] == 101


def test_error_answers_with_the_status_asked_for(simulators: Simulators) -> None:
    simulators.fault("error", status=503)
    assert raw(simulators).status_code == 503
    assert simulators.texts(WANJIRU) == []
    assert raw(simulators).status_code == 201


def test_answer_lost_delivers_and_reports_but_does_not_answer(
    send: Send, simulators: Simulators, product: Receiver
) -> None:
    simulators.fault("answer_lost")
    with pytest.raises(requests.ConnectionError):
        send()
    assert simulators.texts(WANJIRU) == ["Habari"]
    assert product.next().fields["status"] == "Success"


def test_duplicate_reports_twice(send: Send, simulators: Simulators, product: Receiver) -> None:
    simulators.fault("duplicate")
    send()
    assert product.next().body == product.next().body


def test_out_of_order_reports_the_end_before_the_answer_and_an_interim_after(
    send: Send, simulators: Simulators, product: Receiver
) -> None:
    simulators.fault("out_of_order")
    (recipient,) = send()
    early = product.posts.get_nowait()  # it is here before the answer to the send
    assert early.fields["status"] == "Success"
    late = product.next()
    assert late.fields["status"] == "Sent"
    assert late.fields["id"] == early.fields["id"] == recipient["messageId"]


def test_no_report_reports_nothing(send: Send, simulators: Simulators, product: Receiver) -> None:
    simulators.fault("no_report")
    send("unreported")
    (second,) = send("reported")
    assert product.next().fields["id"] == second["messageId"]
    assert simulators.texts(WANJIRU) == ["reported", "unreported"]


def test_undelivered_reports_a_failure_as_recorded(
    send: Send, simulators: Simulators, product: Receiver
) -> None:
    simulators.fault("undelivered")
    send()
    report, true = product.next(), recorded("dlr_01_failed")
    assert list(report.fields) == list(true["decoded"])
    assert (report.fields["status"], report.fields["failureReason"]) == (
        "Failed",
        "DeliveryFailure",
    )
    assert simulators.texts(WANJIRU) == []


def test_no_balance_refuses_the_recipient_as_recorded(simulators: Simulators) -> None:
    simulators.fault("no_balance")
    assert raw(simulators).json() == json.loads(recorded("sms_send_balance_405")["body_raw"])


def test_unauthorized_refuses_the_right_key(send: Send, simulators: Simulators) -> None:
    simulators.fault("unauthorized")
    with pytest.raises(AfricasTalkingException, match="supplied authentication is invalid"):
        send()


def test_a_fault_for_one_phone_spares_the_others(send: Send, simulators: Simulators) -> None:
    simulators.fault("error", phone=AKINYI, times=None)
    assert send("Habari", WANJIRU)[0]["statusCode"] == 101
    for _ in range(2):
        with pytest.raises(AfricasTalkingException):
            send("Habari", AKINYI)


@pytest.mark.parametrize(
    ("ending", "status", "reason"),
    [
        ("999901", "Failed", "DeliveryFailure"),
        ("999902", "AbsentSubscriber", None),
        ("999903", "Rejected", "UserInBlackList"),
        ("999904", "Expired", None),
        ("999905", "Failed", "UserDoesNotExist"),
    ],
)
def test_some_numbers_are_accepted_and_never_reached(
    send: Send, simulators: Simulators, product: Receiver, ending: str, status: str, reason: str
) -> None:
    phone = f"+254712{ending}"
    (recipient,) = send("Habari", phone)
    assert (recipient["status"], recipient["statusCode"]) == ("Success", 101)
    report = product.next().fields
    assert (report["status"], report.get("failureReason")) == (status, reason)
    assert simulators.texts(phone) == []
    (accepted,) = simulators.get("/control/sms", phone=phone)["messages"]
    assert (accepted["text"], accepted["status"]) == ("Habari", status)


@pytest.mark.parametrize(
    ("ending", "status", "code"),
    [
        ("999911", "RiskHold", 401),
        ("999912", "UnsupportedNumberType", 404),
        ("999913", "CouldNotRoute", 407),
        ("999914", "InternalServerError", 500),
        ("999915", "RejectedByGateway", 502),
    ],
)
def test_some_numbers_are_refused(send: Send, ending: str, status: str, code: int) -> None:
    assert send("Habari", f"+254712{ending}") == [
        {
            "cost": "0",
            "messageId": "None",
            "number": f"+254712{ending}",
            "status": status,
            "statusCode": code,
        }
    ]


def test_rejected_refuses_the_recipient(send: Send, simulators: Simulators) -> None:
    simulators.fault("rejected")
    (refused,) = send()
    assert (refused["status"], refused["statusCode"]) == ("RejectedByGateway", 502)
    assert simulators.texts(WANJIRU) == []
