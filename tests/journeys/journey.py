"""Reading and playing journeys. How they are written stands in `tests/journeys/README.md`."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db.models import F

from nannychain.phone import parse as parse_phone
from tests.factories import paybill, phones
from tests.ussd.phone import Phone
from workers.identity import services as identity
from workers.identity.models import Member

FOLDER = Path(__file__).parent
_WORKER_ID = re.compile(r"NW-[0-9A-HJKMNP-TV-Z]{8}")
_REFERENCE = re.compile(r"\bTR-[0-9A-Z]{8}\b")
_TIME = re.compile(r"\b\d\d:\d\d\b")


@dataclass(frozen=True)
class Step:
    """What the person does, and the whole screen that follows."""

    does: str
    what: str
    shows: str


@dataclass(frozen=True)
class Journey:
    """One journey: who dials, and step by step what happens."""

    name: str
    phone: str
    given: dict[str, Any]
    steps: tuple[Step, ...]


def all_journeys() -> list[Journey]:
    """Return every journey, by name."""
    return [_read(path) for path in sorted(FOLDER.glob("*.yaml"))]


def _read(path: Path) -> Journey:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    steps = []
    for step in data["steps"]:
        shows = step.pop("shows")
        ((does, what),) = step.items()
        steps.append(Step(does, "" if what is None else str(what), shows.strip()))
    phone = parse_phone(str(data.get("phone", "0712345678")))
    return Journey(path.stem, phone, data.get("given") or {}, tuple(steps))


def set_up(journey: Journey) -> Phone:
    """Bring about what is given, and return the phone."""
    given = journey.given
    if given.get("member"):
        account = identity.create_account(
            journey.phone,
            name=given.get("name", ""),
            language=given.get("language", "en"),
            channel="ussd",
            phone_proved=True,
        )
        if pin := given.get("pin"):
            phones.choose_pin(account.member, str(pin))
        # A member of long standing: a lost session of hers was never a stranger's.
        Member.objects.update(joined_at=F("joined_at") - timedelta(days=1))
        for shillings in given.get("money", []):
            phones.receive_money(account.member, shillings * 100)
        for day, shillings, payer in given.get("paybill", []):
            told = paybill.body(account.member.worker_id, str(shillings), FirstName=payer)
            told["BusinessShortCode"] = settings.MPESA_SHORTCODE
            told["TransTime"] = f"{day:%Y%m%d}080000"
            assert paybill.confirm(told) == "credited"
    for other in given.get("others", []):
        identity.create_account(other["phone"], name=other["name"], channel="ussd")
    return Phone(number=journey.phone)


def play(phone: Phone, step: Step) -> str:
    """Do one step and return the screen, with Worker IDs and times of day made the same."""
    match step.does:
        case "dial":
            shown = phone.dial()
        case "type":
            shown = phone.enter(step.what)
        case "code":
            shown = phone.enter(phones.last_code(parse_phone(step.what)))
        case "again":
            shown = phone.post()
        case _:
            raise ValueError(f"no such step: {step.does}")
    shown = _REFERENCE.sub("TR-xxxxxxxx", _WORKER_ID.sub("NW-xxxxxxxx", shown))
    return _TIME.sub("hh:mm", shown)
