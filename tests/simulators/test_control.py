"""The control API, and what every address refuses."""

import os
import re
import subprocess
import sys
from typing import Any

import pytest
import requests

from tests.simulators.program import ROOT, Receiver, Simulators

WANJIRU = "+254712345678"
SMS, USSD = "africastalking.sms", "africastalking.ussd"
SIMS = "africastalking.insights"
GOOD = {"target": SMS, "kind": "down"}


def call(simulators: Simulators, method: str, path: str, **how: Any) -> requests.Response:
    return requests.request(method, simulators.url + path, timeout=10, **how)


def test_the_program_says_that_it_is_well(simulators: Simulators) -> None:
    assert simulators.get("/control/health") == {"status": "ok"}


def test_a_fault_is_shown_until_it_is_used_up(simulators: Simulators) -> None:
    set_now = simulators.fault("slow", seconds=0.05, times=2, phone=WANJIRU)
    assert set_now == {
        "id": set_now["id"],
        "target": SMS,
        "kind": "slow",
        "seconds": 0.05,
        "times": 2,
        "probability": 1.0,
        "phone": WANJIRU,
    }
    form = {"username": "sandbox", "to": WANJIRU, "message": "Habari"}
    for left in ([1], []):
        call(
            simulators,
            "POST",
            "/africastalking/version1/messaging",
            data=form,
            headers={"apiKey": "right"},
        )
        assert [fault["times"] for fault in simulators.get("/control/faults")["faults"]] == left


def test_the_same_fault_again_takes_the_place_of_the_first(simulators: Simulators) -> None:
    simulators.fault("error", status=500, times=5)
    simulators.fault("error", status=502, times=None)
    (fault,) = simulators.get("/control/faults")["faults"]
    assert (fault["status"], fault["times"]) == (502, None)


def test_faults_are_cleared_one_by_one_or_all_at_once(simulators: Simulators) -> None:
    first = simulators.fault("down")
    simulators.fault("error")
    simulators.fault("stale", target=USSD)
    for query, cleared in (({"id": str(first["id"])}, 1), ({"target": USSD}, 1), ({}, 1)):
        answer = call(simulators, "DELETE", "/control/faults", params=query)
        assert answer.json() == {"cleared": cleared}
    assert simulators.get("/control/faults")["faults"] == []


def test_every_fault_of_the_catalogue_can_be_set(simulators: Simulators) -> None:
    catalogue = simulators.get("/control/faults")["catalogue"]
    network = {"horizon.submit", "horizon.read", "horizon.network"}
    mpesa = {f"daraja.{part}" for part in ("push", "payout", "question", "paybill", "token")}
    assert set(catalogue) == {SMS, USSD, SIMS} | network | mpesa
    for target, kinds in catalogue.items():
        for kind in kinds:
            assert kind["phrase"]
            simulators.fault(kind["kind"], target=target, **kind["parameters"])
    count = sum(len(kinds) for kinds in catalogue.values())
    assert len(simulators.get("/control/faults")["faults"]) == count


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b'"down"',
        b"{}",
        b'{"target": "africastalking.sms"}',
        b'{"target": ["africastalking.sms"], "kind": "down"}',
        b'{"target": "africastalking.sms", "kind": "nothing"}',
        b'{"target": "africastalking.sms", "kind": {"a": 1}}',
        b'{"target": "africastalking.sms", "kind": "down", "times": 0}',
        b'{"target": "africastalking.sms", "kind": "down", "times": true}',
        b'{"target": "africastalking.sms", "kind": "down", "times": 1.5}',
        b'{"target": "africastalking.sms", "kind": "down", "times": 1e99}',
        b'{"target": "africastalking.sms", "kind": "down", "probability": 0}',
        b'{"target": "africastalking.sms", "kind": "down", "probability": 1.1}',
        b'{"target": "africastalking.sms", "kind": "down", "probability": "1"}',
        b'{"target": "africastalking.sms", "kind": "down", "probability": null}',
        b'{"target": "africastalking.sms", "kind": "down", "phone": "0712345678"}',
        b'{"target": "africastalking.sms", "kind": "down", "phone": "\\ud800"}',
        b'{"target": "africastalking.sms", "kind": "down", "phone": 254712345678}',
        b'{"target": "africastalking.sms", "kind": "down", "seconds": 1}',
        b'{"target": "africastalking.sms", "kind": "down", "\\ud800": 1}',
        b'{"target": "africastalking.sms", "kind": "slow", "seconds": NaN}',
        b'{"target": "africastalking.sms", "kind": "slow", "seconds": Infinity}',
        b'{"target": "africastalking.sms", "kind": "slow", "seconds": -1}',
        b'{"target": "africastalking.sms", "kind": "slow", "seconds": "5"}',
        b'{"target": "africastalking.sms", "kind": "slow", "seconds": ' + b"9" * 400 + b"}",
        b'{"target": "africastalking.sms", "kind": "slow", "seconds": ' + b"9" * 5000 + b"}",
        b'{"target": "africastalking.sms", "kind": "error", "status": 404}',
        b'{"target": "africastalking.sms", "kind": "error", "status": 500.5}',
        b"[" * 100_000,
        b'{"a":' * 20_000,
    ],
    ids=lambda content: content[:70].decode("ascii", "replace"),
)
def test_garbage_is_told_so_and_sets_nothing(simulators: Simulators, content: bytes) -> None:
    json = {"Content-Type": "application/json"}
    answer = call(simulators, "POST", "/control/faults", data=content, headers=json)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert simulators.get("/control/faults")["faults"] == []


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("dial", {}),
        ("dial", {"phone": WANJIRU, "code": "abc"}),
        ("dial", {"phone": "0712345678", "code": "*384*2024#"}),
        ("dial", {"phone": WANJIRU + "\n", "code": "*384*2024#"}),
        ("reply", {"phone": WANJIRU, "session": 1, "input": "1"}),
        ("reply", {"phone": WANJIRU, "session": "x", "input": "1" * 161}),
        ("reply", {"phone": WANJIRU, "session": "x", "input": "\ud800"}),
        ("hangup", {"phone": None, "session": "x"}),
        ("read", {"phone": WANJIRU, "id": ["x"]}),
        ("stop", {"phone": WANJIRU, "sender": {}}),
    ],
)
def test_the_phone_refuses_garbage(
    simulators: Simulators, path: str, content: dict[str, Any]
) -> None:
    answer = call(simulators, "POST", f"/phone/{path}", json=content)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_nobody_can_stop_messages_that_never_came(simulators: Simulators) -> None:
    content = {"phone": WANJIRU, "sender": "NANNYCHAIN"}
    assert call(simulators, "POST", "/phone/stop", json=content).status_code == 404


@pytest.mark.parametrize("path", ["/control/faults", "/control/reset", "/phone/dial"])
def test_a_form_on_a_foreign_page_can_change_nothing(simulators: Simulators, path: str) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = {"Content-Type": kind}
        answer = call(simulators, "POST", path, data=b'{"target": "x"}', headers=headers)
        assert answer.status_code == 415


@pytest.mark.parametrize(
    "path", ["/control/faults", "/control/requests", "/phone", "/phone/inboxes"]
)
def test_a_foreign_name_for_this_machine_is_refused(simulators: Simulators, path: str) -> None:
    for host in ("evil.example", f"evil.example:{simulators.port}", "localhost.evil.example", ""):
        answer = call(simulators, "GET", path, headers={"Host": host})
        assert answer.status_code in (400, 403), host
    local = f"localhost:{simulators.port}"
    assert call(simulators, "GET", path, headers={"Host": local}).status_code == 200


def test_unknown_addresses_and_too_much_are_refused_without_html(simulators: Simulators) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("PUT", "/control/faults", 405),
        ("GET", "/africastalking/version1/messaging", 405),
        ("GET", "/phone/static/../../settings.py", 404),
        ("DELETE", "/control/faults?colour=red", 400),
        ("GET", "/control/sms", 400),
    ):
        answer = call(simulators, method, path)
        assert answer.status_code == status, path
        assert "html" not in answer.headers["Content-Type"]
    big = {"username": "sandbox", "to": WANJIRU, "message": "a" * 300_000}
    answer = call(simulators, "POST", "/africastalking/version1/messaging", data=big)
    assert answer.status_code == 413


def test_what_went_over_the_wire_is_shown_without_keys(
    simulators: Simulators, product: Receiver
) -> None:
    product.answer = lambda _: (200, b"END Hello")
    simulators.post("/phone/dial", phone=WANJIRU, code="*384*2024#")
    (hop,) = simulators.get("/control/requests", target=USSD)["requests"]
    assert (hop["direction"], hop["status"], hop["body"]) == ("out", 200, "END Hello")
    assert hop["fields"]["phoneNumber"] == WANJIRU

    form = {"username": "sandbox", "to": WANJIRU, "message": "Habari"}
    path = "/africastalking/version1/messaging"
    call(simulators, "POST", path, data=form, headers={"apiKey": "right"})
    (sent,) = simulators.get("/control/requests", target=SMS)["requests"]
    assert (sent["direction"], sent["status"], sent["fields"]) == ("in", 201, form)
    assert "right" not in str(sent)


def test_reset_forgets_everything(simulators: Simulators) -> None:
    simulators.fault("down", target=SMS, times=None)
    simulators.post("/phone/dial", phone=WANJIRU, code="*384*2024#")
    simulators.post("/control/reset")
    assert simulators.get("/control/faults")["faults"] == []
    assert simulators.get("/control/requests")["requests"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIMULATORS_PORT", "eighty"),
        ("SIMULATORS_PORT", "70000"),
        ("USSD_CALLBACK_URL", "localhost/ussd"),
        ("SMS_REPORTS_URL", "file:///etc/passwd"),
        ("SIMULATORS_SMS_REPORT_SECONDS", "nan"),
    ],
)
def test_a_malformed_setting_stops_the_start_with_one_sentence(name: str, value: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "simulators"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], name: value},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert ended.returncode == 1
    assert name in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_the_guide_names_every_setting_and_every_number(simulators: Simulators) -> None:
    guide = (ROOT / "simulators/README.md").read_text()
    code = (ROOT / "simulators/settings.py").read_text()
    settings = set(re.findall(r'"([A-Z]+_[A-Z0-9_]+)"', code))
    assert settings == set(re.findall(r"^\| `([A-Z0-9_]+)`", guide, re.MULTILINE))
    numbers = simulators.get("/control/numbers")["numbers"]
    assert len(numbers) == len(re.findall(r"^\| 9999", guide, re.MULTILINE))
    for number in numbers:
        (line,) = re.findall(rf"^\| {number['ending']} \|.*", guide, re.MULTILINE)
        assert f"`{number.get('report') or number['answer']}`" in line
        assert str(number.get("reason", number.get("code"))) in line
