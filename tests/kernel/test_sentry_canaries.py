"""Secrets go through a web process, a worker and a command that all fail, with Sentry listening.

The programs are real, on a database that was never migrated, so that whatever they try breaks with
a query and its values in hand. All that reaches Sentry's end of the wire is searched for them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from celery import Celery
from django.db import connections

from tests.architecture import tree
from tests.factories.scratch import scratch_database
from tests.factories.sentries import Sentry, running
from tests.simulators.program import free_port

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.timeout(180),
]
PIN, CODE, TOKEN = "48395027", "96041833", "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
KEY, PASSWORD, RECEIPT = "k3y-of-the-gateway-9277", "pass-5518-word", "SFC7XQ41ZZ"
PHONE = "+254712983746"
CANARIES = {
    "PIN": PIN,
    "code": CODE,
    "token": TOKEN,
    "key": KEY,
    "password": PASSWORD,
    "callback's body": RECEIPT,
    "phone": "712983746",
    "SQL": "SELECT",
    "secret key": os.environ["SECRET_KEY"],
    "database's password": urlsplit(os.environ["DATABASE_URL"]).password or "?",
}


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    with running() as found:
        yield found


@pytest.fixture
def environment(sentry: Sentry) -> Iterator[dict[str, str]]:
    with scratch_database() as alias:
        address = urlsplit(os.environ["DATABASE_URL"])
        name = connections[alias].settings_dict["NAME"]
        yield {
            **os.environ,
            "DATABASE_URL": address._replace(path=f"/{name}").geturl(),
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "SENTRY_DSN": sentry.dsn,
            "USSD_API_KEY": KEY,
            "LOG_LEVEL": "DEBUG",
            "WEB_PROCESSES": "1",
            "PORT": str(free_port()),
        }


@contextmanager
def program(process: str, *words: str, environment: dict[str, str]) -> Iterator[None]:
    started = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=tree.ROOT,
        env={**environment, "NANNYCHAIN_PROCESS": process},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        started.terminate()
        started.wait(20)


def site(environment: dict[str, str]) -> str:
    """Return the address of the web process once it answers."""
    address = f"http://127.0.0.1:{environment['PORT']}"
    deadline = time.monotonic() + 60
    while True:
        try:
            requests.get(f"{address}/health", timeout=2)
        except requests.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return address


def call(address: str) -> list[int]:
    """Ask for what fails, with a secret in every part of a request."""
    headers = {"Authorization": f"Bearer nca_{TOKEN}", "X-Pin-Token": f"ncp_{TOKEN}"}
    hop = {"sessionId": "ATUid_1", "phoneNumber": PHONE, "serviceCode": "*384#", "text": f"1*{PIN}"}
    callback = {"Body": {"stkCallback": {"MpesaReceiptNumber": RECEIPT, "PhoneNumber": PHONE}}}
    v1 = f"{address}/api/v1"
    answers = [
        requests.post(f"{address}/ussd/k/{KEY}", data=hop, timeout=9),
        requests.post(f"{address}/cb/{TOKEN}/deposit", json=callback, timeout=9),
        requests.post(f"{v1}/auth/token", json={"phone": PHONE, "code": CODE}, timeout=9),
        requests.get(f"{v1}/workers/by-phone/{PHONE}", headers=headers, timeout=9),
        requests.get(f"{v1}/wallet", headers=headers, cookies={"sessionid": TOKEN}, timeout=9),
    ]
    return [answer.status_code for answer in answers]


def of(process: str, **fields: object) -> Any:
    """Return what tells the errors of a process with these fields."""
    return lambda event: event["tags"]["process"] == process and fields.items() <= event.items()


def test_what_fails_is_told_and_no_secret_leaves_us(
    sentry: Sentry, environment: dict[str, str]
) -> None:
    celery = ("celery", "-A", "config", "worker", "-P", "threads", "-c", "1", "-Q", "mpesa")
    gunicorn = ("gunicorn", "-c", "config/gunicorn.py", "config.wsgi")
    with ExitStack() as stack:
        for process, words in (("web", gunicorn), ("worker", celery)):
            stack.enter_context(program(process, *words, environment=environment))
        typed = ("manage", "create_account", PHONE, "--name", PASSWORD)
        with program("command", *typed, environment=environment):
            sentry.wait_for(of("command"))
        app = Celery(broker=environment["REDIS_URL"], set_as_current=False)
        app.send_task("payments.deposits.tend", kwargs={"deposit_id": TOKEN}, queue="mpesa")
        statuses = call(site(environment))
        told = sentry.wait_for(of("worker", transaction="payments.deposits.tend"))
        signing_in = sentry.wait_for(of("web", transaction="/api/v1/auth/token"))
        sentry.wait_for(of("web", transaction="/cb/***/deposit"))
    assert statuses == [200, 503, 500, 500, 500]
    assert told["tags"]["task"] == "payments.deposits.tend"
    assert signing_in["logentry"] == {"formatted": "api.broken"}
    for event in (told, signing_in):
        values = [(each["type"], each["value"]) for each in event["exception"]["values"]]
        assert ("UndefinedTable", "42P01") in values
    assert {kind for kind, _ in sentry.items} == {"event"}
    assert [name for name, text in CANARIES.items() if text in sentry.everything] == []
