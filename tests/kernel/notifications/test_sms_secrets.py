"""A code that is planted, sent, lost, refused and reported, and then searched for everywhere."""

import logging
import sys
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter

from nannychain import inbox, notifications
from nannychain.notifications import bodies, sending, sweep
from nannychain.notifications.models import Sms
from tests.factories.members import StaffFactory
from tests.kernel.notifications.messages import PHONE, age, report
from tests.kernel.notifications.provider import (
    CUT,
    Answer,
    Provider,
    accepted,
    recipient,
    recipients,
)
from tests.wallets.canaries import Canary, LogTap, database_dump, redis_contents, seen

CODE = "60417325918843"
CANARY = Canary.of_text("code", CODE)


@pytest.fixture
def log_tap(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogTap]:
    """Listen to every logger at DEBUG, HTTP and SQL included."""
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


def queue_secret() -> Sms:
    with transaction.atomic():
        return notifications.queue(
            phone=PHONE, kind="code", text=f"Your code is {CODE}.", language="en"
        )


def error_report(sms_id: UUID) -> str:
    """Return Django's report, as text and as HTML, of the error that sending raises."""
    request: HttpRequest = RequestFactory().post("/", {"name": "x"})
    try:
        sending.send(sms_id)
    except RuntimeError:
        reporter = ExceptionReporter(request, *sys.exc_info())
        return str(reporter.get_traceback_text() + reporter.get_traceback_html())
    raise AssertionError("nothing was raised")


@pytest.mark.django_db(transaction=True)
def test_a_code_is_nowhere_but_on_the_wire(provider: Provider, log_tap: LogTap) -> None:
    answers = [
        accepted(PHONE, message_id="ATXid_1"),
        CUT,
        Answer(503, b"down"),
        recipients(recipient(PHONE, 406)),
        recipients(recipient(PHONE, 999, status="new")),
        Answer(201, b"not json"),
    ]
    shown = []
    for answer in answers:
        sms = queue_secret()
        provider.will(answer)
        sending.send(sms.pk)
        sms.refresh_from_db()
        shown += [repr(sms), str(sms), sms.shown_text, repr(vars(sending._of_thread))]
    report(id="ATXid_1", status="Success", phoneNumber=PHONE)
    late = queue_secret()
    age(late, timedelta(hours=1))
    sweep.sweep()
    queue_secret()  # one is still sealed in the row when the search begins

    staff, browser = StaffFactory.create(), Client()
    browser.force_login(staff)
    for address in ("sms/", f"sms/{late.pk}/change/", "statechange/", "alert/", "inboxmessage/"):
        shown.append(browser.get(f"/admin/nannychain/{address}").content.decode())

    assert [request.form["message"] for request in provider.requests] == [
        f"Your code is {CODE}."
    ] * len(answers)
    assert seen([CANARY], database_dump()) == set()
    assert seen([CANARY], redis_contents()) == set()
    assert seen([CANARY], log_tap.contents()) == set()
    assert seen([CANARY], "\n".join(shown).encode()) == set()
    assert b"INSERT INTO" in log_tap.contents()
    assert Sms.objects.filter(sealed_text__isnull=False).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "broken",
    [
        "nannychain.notifications.bodies.read",
        "nannychain.notifications.budget.take",
        "nannychain.notifications.africastalking.client.read",
        "nannychain.notifications.africastalking.client.SMSService._make_url",
        "nannychain.notifications.africastalking.client.Session.exchange",
        "nannychain.notifications.outcomes.record",
        "nannychain.sealing.opening.SealedBox.decrypt",
        "requests.Session.send",
    ],
)
def test_an_error_report_while_a_code_is_sent_does_not_show_it(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    sms = queue_secret()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(broken, fail)
    told = error_report(sms.pk)
    assert "broken on purpose" in told
    assert seen([CANARY], told.encode()) == set()


@pytest.mark.django_db
def test_no_two_seals_of_one_text_look_alike() -> None:
    one, two = queue_secret(), queue_secret()
    assert one.sealed_text != two.sealed_text
    assert bodies.read(one) == bodies.read(two)


def test_reports_and_opt_outs_hold_no_text_of_ours() -> None:
    """What the inbox keeps of them is what the provider documents, and no more is needed."""
    assert {source.name: source.redact for source in inbox.services._sources.values()}[
        "africastalking.report"
    ] == frozenset()
