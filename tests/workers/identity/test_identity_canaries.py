"""PINs, codes, tokens and the pepper, planted and searched for in all that is left behind.

Four digits stand in many a date and number by chance, so each act is done with three PINs and three
codes: what is written down somewhere shows all three.
"""

import logging
import os
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import structlog
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django import Settings

from nannychain import alerts, keyed, notifications, queues
from nannychain.actors import Actor
from nannychain.notifications import tasks as sms_tasks
from tests.factories.browsers import signed_in
from tests.factories.members import MemberFactory, StaffFactory
from tests.factories.phones import receive_money
from tests.wallets.canaries import (
    Canary,
    LogTap,
    broken,
    database_dump,
    redis_contents,
    report,
    seen,
)
from workers.identity.api_keys import services as api_keys
from workers.identity.api_keys.models import ApiKey
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.models import Member
from workers.identity.phone_changes import services as phone_changes
from workers.identity.pins import counting, hashing
from workers.identity.pins import services as pins
from workers.identity.pins.models import Pin, PinAttempt
from workers.identity.standing import services as standing
from workers.identity.tokens import secret_texts
from workers.identity.tokens import services as tokens
from workers.identity.tokens.models import Session

PEPPER = f"pepper {secrets.token_hex(16)}"
BY = Actor(id=uuid4(), name="NW-STAFF")
CONTROL = Canary.of_text("control", f"control {os.urandom(6).hex()}")
CONTROL_TEXT = CONTROL.forms[0].decode()


@dataclass(frozen=True, repr=False)
class Person:
    """One of three who do the same, each with digits of her own."""

    phone: str
    new_phone: str
    pin: str
    new_pin: str
    wrong_pin: str
    code: str


@dataclass(frozen=True, repr=False)
class Hand:
    """What somebody holds in her hand, without showing it."""

    pin_token: str
    key: str


PEOPLE = (
    Person("+254711000001", "+254711000004", "4826", "7395", "6174", "583917"),
    Person("+254711000002", "+254711000005", "9173", "3629", "8352", "290746"),
    Person("+254711000003", "+254711000006", "8264", "5738", "2947", "719358"),
)
WHAT = ("pin", "new_pin", "wrong_pin", "code")


def digits_in(haystack: bytes) -> set[str]:
    """Return which of the four kinds of digits stand there for all three people."""
    return {what for what in WHAT if all(_stands(getattr(each, what), haystack) for each in PEOPLE)}


def _stands(digits: str, haystack: bytes) -> bool:
    alone = rb"(?<![0-9a-fA-F.])" + digits.encode() + rb"(?![0-9a-fA-F])"
    return re.search(alone, haystack) is not None


@pytest.fixture
def log_tap(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogTap]:
    """Listen to every logger at DEBUG, SQL included."""
    tap, root = LogTap(), logging.getLogger()
    for name in (None, "celery", "kombu", "urllib3", "django.request", "django.db.backends"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    logging.Logger.manager._clear_cache()  # type: ignore[attr-defined]
    connection.force_debug_cursor = True
    root.addHandler(tap)
    yield tap
    root.removeHandler(tap)
    connection.force_debug_cursor = False
    logging.Logger.manager._clear_cache()  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _pepper(settings: Settings) -> None:
    settings.PIN_PEPPER = PEPPER


def plant(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every code from now on be this one."""
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _: int(code))


def use_everything(person: Person, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Go every way on which a PIN, a code or a token is handled; return the tokens."""
    plant(person.code, monkeypatch)
    code, phone = person.code, person.phone
    member: Member = MemberFactory.create(phone=phone)
    receive_money(member)
    codes.send(phone, purpose=Purpose.SET_PIN, language="en")
    pins.choose_first(member.id, pin=person.pin, attempt_key="1", channel="ussd", code=code)
    pins.verify(member.id, pin=person.pin, attempt_key="2", channel="ussd")
    pins.change(member.id, old=person.pin, new=person.new_pin, attempt_key="3", channel="ussd")
    codes.send(phone, purpose=Purpose.PROVE_PHONE, language="sw", address="192.0.2.1")
    with pytest.raises(codes.Refused):
        codes.check(phone, purpose=Purpose.JOIN, code=code, address="192.0.2.1")
    pair = tokens.sign_in(phone, code=code, device="Tecno", address="192.0.2.1")
    newer = tokens.refresh(pair.refresh)
    session = tokens.authenticate(newer.access)
    assert session
    pin_token = tokens.issue_pin_token(session, operation="transfer")
    tokens.check_pin_token(session, token=pin_token, operation="transfer")
    key, secret = api_keys.issue(name="Acme", scopes=["members:register"], by=BY)
    _, second = api_keys.rotate(key.pk, by=BY, reason="yearly")
    api_keys.authenticate(secret, address="192.0.2.1")
    for number in range(counting.TRIES):
        pins.verify(member.id, pin=person.wrong_pin, attempt_key=f"w{number}", channel="api")
    change = phone_changes.ask(member.id, new_phone=person.new_phone, channel="api")
    for purpose in (Purpose.LEAVE_PHONE, Purpose.TAKE_PHONE):
        phone_changes.prove(change.pk, purpose=purpose, code=code)
    codes.send(person.new_phone, purpose=Purpose.RESET_PIN, language="en")
    sms_tasks.sweep()
    pins.ask_reset(member.id, code=code, channel="ussd")
    with pytest.raises(tokens.TokenRefused):
        tokens.refresh(pair.refresh)
    return [pair.access, pair.refresh, newer.access, newer.refresh, pin_token, secret, second]


@pytest.mark.django_db(transaction=True)
def test_nothing_that_is_secret_is_left_in_database_redis_or_logs(
    monkeypatch: pytest.MonkeyPatch, log_tap: LogTap
) -> None:
    texts = [text for person in PEOPLE for text in use_everything(person, monkeypatch)]
    browser: Client = signed_in(StaffFactory.create())
    for member in Member.objects.all():
        assert browser.get(f"/admin/workers/member/{member.pk}/change/").status_code == 200
    long = [Canary.of_text(f"token {number}", text) for number, text in enumerate(texts)]
    long.append(Canary.of_text("pepper", PEPPER))
    # What is put there on purpose, to prove that the search would find it.
    alerts.raise_alert(key="control", title=CONTROL_TEXT)
    cache.set("control", {"text": CONTROL_TEXT})
    queues.enqueue("control.nobody_listens", text=CONTROL_TEXT)
    structlog.get_logger(__name__).debug("control", text=CONTROL_TEXT)

    places = {"database": database_dump(), "redis": redis_contents(), "logs": log_tap.contents()}

    nothing: dict[str, set[str]] = {name: set() for name in places}
    assert {n: seen([CONTROL], place) for n, place in places.items()} == {
        name: {"control"} for name in places
    }
    assert {name: seen(long, place) for name, place in places.items()} == nothing
    assert {name: digits_in(place) for name, place in places.items()} == nothing
    # It all did happen, and was kept as hashes.
    assert (Pin.objects.count(), Session.objects.count(), ApiKey.objects.count()) == (3, 3, 6)
    for attempt in PinAttempt.objects.all():
        assert bytes(attempt.digest).hex().encode() in places["database"]
    assert b"workers_pinattempt" in places["logs"]


def test_digits_that_are_written_down_are_found() -> None:
    for what in WHAT:
        lines = "\n".join(f"('x', '{getattr(each, what)}', 1)" for each in PEOPLE)
        assert digits_in(lines.encode()) == {what}
    assert digits_in(b"2026-11-20 10:00:00.4826 0x9173 82641") == set()


class TestErrorReports:
    """Django's reports of an error on the way, as text and as HTML, with what every frame holds."""

    person = PEOPLE[0]

    @pytest.fixture
    def member(self, monkeypatch: pytest.MonkeyPatch) -> Member:
        plant(self.person.code, monkeypatch)
        member: Member = MemberFactory.create(phone=self.person.phone)
        pins.choose_first(member.id, pin=self.person.pin, attempt_key="1", channel="test")
        return member

    def assert_clean(self, work: Callable[[], Any], *texts: str) -> None:
        told = report(work)
        assert b"broken on purpose" in told
        found = [digits for digits in self._digits() if _stands(digits, told)]
        assert found == []
        long = [Canary.of_text(text[:12], text) for text in (*texts, PEPPER)]
        assert seen(long, told) == set()

    def _digits(self) -> list[str]:
        return [getattr(self.person, what) for what in WHAT]

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("owner", "name"),
        [
            (keyed, "peppered"),
            (keyed, "_digest"),
            (hashing, "fits"),
            (counting, "judge"),
            (PinAttempt.objects, "create"),
            (pins, "_stored"),
        ],
    )
    def test_while_a_pin_is_verified_it_is_in_none(
        self, member: Member, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
    ) -> None:
        monkeypatch.setattr(owner, name, broken)

        self.assert_clean(
            lambda: pins.verify(
                member.id, pin=self.person.wrong_pin, attempt_key="k", channel="test"
            )
        )

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("owner", "name"),
        [(hashing, "hashed"), (keyed, "_digest"), (pins, "_tell"), (pins.rules, "_is_trivial")],
    )
    def test_while_a_pin_is_changed_it_is_in_none(
        self, member: Member, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
    ) -> None:
        monkeypatch.setattr(owner, name, broken)

        self.assert_clean(
            lambda: pins.change(
                member.id,
                old=self.person.pin,
                new=self.person.new_pin,
                attempt_key="k",
                channel="test",
            )
        )

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("owner", "name"),
        [
            (keyed, "_digest"),
            (codes.limits, "take_sending"),
            (codes, "_store"),
            (notifications, "queue"),
        ],
    )
    def test_while_a_code_is_sent_it_is_in_none(
        self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
    ) -> None:
        plant(self.person.code, monkeypatch)
        monkeypatch.setattr(owner, name, broken)

        self.assert_clean(
            lambda: codes.send(self.person.phone, purpose=Purpose.JOIN, language="en")
        )

    @pytest.mark.django_db
    @pytest.mark.parametrize("name", ["check", "prove_again", "sign_in", "choose_first"])
    def test_while_a_code_is_checked_it_is_in_none(
        self, member: Member, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        she = self.person  # what a lambda holds is in the report too, and this shows nothing
        other = MemberFactory.create()
        receive_money(other)
        monkeypatch.setattr(codes, "_digest", broken)
        acts: dict[str, Callable[[], Any]] = {
            "check": lambda: codes.check(she.phone, purpose=Purpose.JOIN, code=she.code),
            "prove_again": lambda: standing.prove_again(member.id, code=she.code, channel="x"),
            "sign_in": lambda: tokens.sign_in(she.phone, code=she.code, device="x"),
            "choose_first": lambda: pins.choose_first(
                other.id, pin=she.new_pin, attempt_key="k", channel="x", code=she.code
            ),
        }

        self.assert_clean(acts[name])

    @pytest.mark.django_db
    @pytest.mark.parametrize("kind", ["access", "refresh", "key", "pin_token"])
    def test_while_a_token_is_looked_up_it_is_in_none(
        self, member: Member, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        pair = tokens.open_session(member, device="x")
        session = Session.objects.get()
        hand = Hand(
            tokens.issue_pin_token(session, operation="x"),
            api_keys.issue(name="Acme", scopes=["members:register"], by=BY)[1],
        )
        monkeypatch.setattr(keyed, "_digest", broken)
        acts: dict[str, Callable[[], Any]] = {
            "access": lambda: tokens.authenticate(pair.access),
            "refresh": lambda: tokens.refresh(pair.refresh),
            "key": lambda: api_keys.authenticate(hand.key, address=None),
            "pin_token": lambda: tokens.check_pin_token(
                session, token=hand.pin_token, operation="x"
            ),
        }

        self.assert_clean(acts[kind], pair.access, pair.refresh, hand.pin_token, hand.key)

    @pytest.mark.django_db
    @pytest.mark.parametrize("owner", [tokens, api_keys])
    def test_while_a_token_is_made_it_is_in_none(
        self, member: Member, monkeypatch: pytest.MonkeyPatch, owner: Any
    ) -> None:
        made = "nca_" + secrets.token_urlsafe(32)
        monkeypatch.setattr(secret_texts, "new", lambda _: made)
        monkeypatch.setattr(owner, "_note", broken)
        acts: dict[Any, Callable[[], Any]] = {
            tokens: lambda: tokens.open_session(member, device="x"),
            api_keys: lambda: api_keys.issue(name="Acme", scopes=["members:register"], by=BY),
        }

        self.assert_clean(acts[owner], made)
