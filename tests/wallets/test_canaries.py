"""Secrets planted under the product and searched for in all that it leaves behind.

Known seeds and a known code go through everything that handles them: accounts opened by command
and by form, keys rotated, SMS queued and tried to be sent, pages of the admin shown, callbacks
reacted to. Then a dump of the database, all of Redis, every line of log at DEBUG (with the SQL)
and Django's error reports are searched for every form of them. The same search finds what is put
there on purpose.
"""

import os

import pytest
import requests
import structlog
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from nacl.public import SealedBox
from nacl.signing import SigningKey
from pytest_django import Settings

from nannychain import alerts, notifications, queues, strkey
from nannychain.notifications import bodies, sending
from nannychain.notifications import tasks as sms_tasks
from nannychain.notifications.models import Sms
from nannychain.states.machine import Machine
from tests.factories.members import MemberFactory, StaffFactory
from tests.wallets.canaries import (
    Canary,
    LogTap,
    broken,
    database_dump,
    new_seed,
    redis_contents,
    report,
    seen,
)
from wallets.custody import keys, resealing
from wallets.custody import services as custody
from wallets.custody.models import SealedKey
from wallets.wallet import services as wallets
from workers.identity.models import Member
from workers.identity.services import choose_language, create_account, record_opt_out

OLD, NEW = "aa" * 32, "bb" * 32
SEEDS = [new_seed() for _ in range(6)]
CODE = f"{int.from_bytes(os.urandom(6), 'big'):015d}"
SECRETS = [Canary.of_seed(f"seed {n}", seed) for n, seed in enumerate(SEEDS)]
SECRETS += [
    Canary.of_text("code", CODE),
    Canary.of_text("key of the house", OLD),
    Canary.of_text("newer key of the house", NEW),
]
CONTROL = Canary.of_text("control", f"control {os.urandom(6).hex()}")
CONTROL_TEXT = CONTROL.forms[0].decode()


@pytest.fixture
def known_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next keys be made of the planted seeds."""
    waiting = iter(SEEDS)
    monkeypatch.setattr(SigningKey, "generate", classmethod(lambda cls: cls(next(waiting))))


def send_code(phone: str) -> Sms:
    """Queue an SMS with the planted code."""
    with transaction.atomic():
        return notifications.queue(phone=phone, kind="code", language="en", text=f"It is {CODE}.")


def use_everything(settings: Settings) -> None:
    """Go through every way on which a seed or a code is handled."""
    settings.ENCRYPTION_KEY = OLD
    member = create_account("0712345678", name="Wanjiku", channel="ussd").member
    call_command("create_account", "0722000111")
    by = StaffFactory.create()
    browser = Client()
    browser.force_login(by)
    form = {"phone": "0733000111", "language": "sw", "agreed": "on"}
    assert browser.post("/admin/workers/member/add/", form).status_code == 302
    send_code(member.phone)
    sms_tasks.sweep()
    choose_language(member.id, language="sw", channel="ussd")
    record_opt_out(phone=member.phone, sender_id="NANNYCHAIN")
    settings.ENCRYPTION_KEY, settings.ENCRYPTION_KEYS_OLD = NEW, (OLD,)
    call_command("rotate_keys")
    for address in ("/admin/workers/member/{}/change/", "/admin/workers/member/{}/history/"):
        assert browser.get(address.format(member.pk)).status_code == 200
    assert browser.get("/admin/nannychain/sms/").status_code == 200
    assert Member.objects.count() == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("known_seeds")
def test_no_secret_is_left_in_database_redis_or_logs(settings: Settings, log_tap: LogTap) -> None:
    use_everything(settings)
    # What is put there on purpose, to prove that the search would find it.
    alerts.raise_alert(key="control", title=CONTROL_TEXT)
    cache.set("control", {"text": CONTROL_TEXT})
    queues.enqueue("control.nobody_listens", text=CONTROL_TEXT)
    structlog.get_logger(__name__).debug("control", text=CONTROL_TEXT)

    places = {
        "database": database_dump(),
        "redis": redis_contents(),
        "logs": log_tap.contents(),
    }

    assert {name: seen([CONTROL], place) for name, place in places.items()} == {
        name: {"control"} for name in places
    }
    assert {name: seen(SECRETS, place) for name, place in places.items()} == {
        name: set() for name in places
    }
    keys = list(SealedKey.objects.values_list("ciphertext", flat=True))
    assert len(keys) == 4
    assert all(bytes(key).hex().encode() in places["database"] for key in keys)
    assert b"INSERT INTO" in places["logs"]


@pytest.mark.django_db
@pytest.mark.usefixtures("known_seeds")
def test_the_planted_seeds_are_really_those_of_the_members() -> None:
    member = MemberFactory.create()

    assert keys.seed_of(member.wallet.sealed_key) == SEEDS[0]


@pytest.mark.django_db
@pytest.mark.usefixtures("known_seeds")
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (custody, "public_key_text"),
        (custody, "seal"),
        (custody, "seal_context"),
        (SealedBox, "encrypt"),
        (wallets.Wallet.objects, "create"),
        (custody.SealedKey.objects, "create"),
    ],
)
def test_an_error_while_a_key_is_made_reports_no_secret(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    monkeypatch.setattr(owner, name, broken)

    told = report(lambda: create_account("0712345678", channel="ussd"))

    assert b"broken on purpose" in told
    assert b"0712345678" in told  # the report does show what is not secret
    assert seen(SECRETS, told) == set()


@pytest.mark.django_db
@pytest.mark.usefixtures("known_seeds")
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (keys, "seal_context"),
        (keys, "open_sealed"),
        (SealedBox, "decrypt"),
        (keys, "SigningKey"),
        (strkey, "public_key_text"),
        (resealing, "seal_context"),
        (resealing, "seal"),
        (SealedBox, "encrypt"),
    ],
)
def test_an_error_while_a_key_is_opened_reports_no_secret(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    key = MemberFactory.create().wallet.sealed_key
    monkeypatch.setattr(owner, name, broken)

    told = report(lambda: resealing.reseal(key))

    assert b"broken on purpose" in told
    assert seen(SECRETS, told) == set()


@pytest.mark.django_db
@pytest.mark.usefixtures("known_seeds")
def test_an_error_while_a_code_is_sealed_reports_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SealedBox, "encrypt", broken)

    told = report(lambda: send_code("+254712345678"))

    assert b"broken on purpose" in told
    assert seen(SECRETS, told) == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (bodies, "open_sealed"),
        (sending, "_fits_budget"),
        (Machine, "move"),
        (requests.Session, "request"),
        (sending.outcomes, "record"),
    ],
)
def test_an_error_while_a_code_is_sent_reports_no_secret(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    sms = send_code("+254712345678")
    monkeypatch.setattr(owner, name, broken)

    told = report(lambda: sms_tasks.send(sms_id=str(sms.pk)))

    assert b"broken on purpose" in told
    assert seen(SECRETS, told) == set()


def test_the_search_finds_a_secret_in_a_report_of_code_that_is_not_protected() -> None:
    def careless(seed: bytes) -> None:
        broken(seed)

    assert seen(SECRETS, report(lambda: careless(SEEDS[0]))) == {"seed 0"}


def test_the_search_finds_every_form_of_a_seed() -> None:
    for form in SECRETS[0].forms:
        assert seen(SECRETS, b"before " + form + b" after") == {"seed 0"}
