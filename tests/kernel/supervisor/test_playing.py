"""The demo's history: made once, and only where nobody real could get a message or money."""

import json
from pathlib import Path
from typing import Any

import pytest

from nannychain.supervisor import playing
from nannychain.supervisor.defaults import Surroundings
from nannychain.supervisor.screen import Trouble

SIMULATED = {
    "OPERATING_MODE": "sandbox",
    "MPESA_BASE_URL": "http://localhost:8100/daraja",
    "AT_BASE_URL": "http://localhost:8100/africastalking",
    "PUBLIC_BASE_URL": "http://localhost:8000",
    "MPESA_SHORTCODE": "174379",
}
PAYMENT = {"phone": "+254733000001", "account": "RENT MAY", "shillings": 800}


class Played:
    """What was run and paid; a command of that name fails."""

    def __init__(self, *, failing: str = "") -> None:
        self.commands: list[str] = []
        self.paid: list[Any] = []
        self.failing = failing

    def manage(self, *arguments: str, **_: Any) -> str:
        self.commands.append(arguments[0])
        if arguments[0] == self.failing:
            raise Trouble("it did not work")
        return json.dumps({"payments": [PAYMENT]})


def surroundings(data: Path, **changes: str) -> Surroundings:
    (data / "simulators").mkdir(exist_ok=True)
    settings = {**SIMULATED, **changes}
    return Surroundings(data=data, port=8000, simulators_port=8100, settings=settings)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    one = Played()
    monkeypatch.setattr(playing, "_pay", lambda _, payment: one.paid.append(payment))
    return one


def test_it_is_made_once_for_each_folder(tmp_path: Path, played: Played) -> None:
    for _ in range(2):
        assert playing.play(surroundings(tmp_path), manage=played.manage) == ""
    assert played.commands == ["register_paybill", "seed_demo"]
    assert played.paid == [PAYMENT]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPERATING_MODE", "partner"),
        ("MPESA_BASE_URL", "https://sandbox.safaricom.co.ke"),
        ("AT_BASE_URL", "https://api.africastalking.com"),
        ("PUBLIC_BASE_URL", "https://nannychain.example"),
    ],
)
def test_nothing_is_made_where_one_of_them_is_real(
    tmp_path: Path, played: Played, name: str, value: str
) -> None:
    assert playing.play(surroundings(tmp_path, **{name: value}), manage=played.manage) == ""
    assert (played.commands, played.paid) == ([], [])


def test_what_fails_is_said_and_tried_again_the_next_time(tmp_path: Path, played: Played) -> None:
    broken = Played(failing="register_paybill")
    note = playing.play(surroundings(tmp_path), manage=broken.manage)
    assert note == "left out: it did not work"
    assert playing.play(surroundings(tmp_path), manage=played.manage) == ""
    assert played.paid == [PAYMENT]


def test_simulators_that_are_away_stop_nothing(tmp_path: Path) -> None:
    gone = Surroundings(
        data=tmp_path,
        port=8000,
        simulators_port=9,
        settings={
            **SIMULATED,
            "MPESA_BASE_URL": "http://localhost:9/daraja",
            "AT_BASE_URL": "http://localhost:9/africastalking",
        },
    )
    (tmp_path / "simulators").mkdir()
    assert playing.play(gone, manage=Played().manage).startswith("left out: ")
