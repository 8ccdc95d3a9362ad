"""Alerts are told outside once each way, signed, without secrets, and again where that failed."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone
from structlog.testing import capture_logs

from config import startup
from config.checks import refuse_half_configured, refuse_unsafe
from config.env import SettingsError, load
from nannychain import alerts
from nannychain.alerts import delivery, rules
from nannychain.alerts.models import AlertDelivery
from tests.config.test_env import PRODUCTION, problems_of
from tests.factories import programs
from tests.factories.threads import at_once

KEY, HOOK = "w" * 32, "https://x.example"


class Receiver(ThreadingHTTPServer):
    """Keeps what is posted to it, and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 204
        self.got: list[tuple[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.got.append((body, self.headers[delivery.SIGNATURE]))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.ALERT_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/alerts"
    settings.ALERT_WEBHOOK_KEY = KEY
    yield server
    server.shutdown()
    server.server_close()


def later() -> None:
    AlertDelivery.objects.update(due_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
class TestTelling:
    def test_an_alert_is_told_once_however_often_it_rings(
        self, receiver: Receiver, settings: Any
    ) -> None:
        settings.ALERT_EMAIL = "ops@nannychain.example"
        alerts.raise_alert(key="a", title="A trouble", details={"row": 7})
        assert delivery.deliver() == 2
        alerts.raise_alert(key="a", title="A trouble")
        later()
        assert delivery.deliver() == 0
        assert (len(receiver.got), len(mail.outbox)) == (1, 1)
        message = mail.outbox[0]
        assert (message.subject, message.to) == (
            "[NannyChain] A trouble",
            ["ops@nannychain.example"],
        )
        assert '"row": 7' in message.body

    def test_a_rule_that_flaps_is_told_once(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found: list[rules.Found] = [{"rows": 1}, None, {"rows": 2}, None, {"rows": 3}]
        rule = rules.Rule(name="flaps", title="It flaps", look=lambda: found.pop(0))
        monkeypatch.setattr(rules, "_registered", {rule.name: rule})
        for _ in range(5):
            rules.evaluate()
            delivery.deliver()
        assert len(receiver.got) == 1

    def test_what_is_posted_is_signed(self, receiver: Receiver) -> None:
        alerts.raise_alert(key="a", title="A trouble")
        delivery.deliver()
        body, signature = receiver.got[0]
        at, _, digest = signature.removeprefix("t=").partition(",v1=")
        expected = hmac.new(KEY.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
        assert digest == expected
        assert json.loads(body)["title"] == "A trouble"

    def test_no_phone_number_and_no_token_leaves_us(
        self, receiver: Receiver, settings: Any
    ) -> None:
        settings.ALERT_EMAIL = "ops@nannychain.example"
        alerts.raise_alert(
            key="a +254712345678", title="of 0712345678", details={"token": "ab" * 16}
        )
        delivery.deliver()
        told = receiver.got[0][0] + mail.outbox[0].body + mail.outbox[0].subject
        for secret in ("712345678", "ab" * 16):
            assert secret not in told

    def test_what_was_refused_is_tried_again_under_the_same_id(self, receiver: Receiver) -> None:
        receiver.status = 503
        alerts.raise_alert(key="a", title="A")
        assert delivery.deliver() == 0
        assert delivery.deliver() == 0, "not before its time"
        later()
        receiver.status = 204
        assert delivery.deliver() == 1
        first, second = (json.loads(body)["id"] for body, _ in receiver.got)
        assert first == second
        assert AlertDelivery.objects.get().outcome == "sent"

    def test_nobody_there_is_given_up_in_the_end(self, settings: Any) -> None:
        settings.ALERT_WEBHOOK_URL, settings.ALERT_WEBHOOK_KEY = "http://127.0.0.1:9", KEY
        alerts.raise_alert(key="a", title="A")
        for _ in range(delivery.ATTEMPTS_MAX + 2):
            delivery.deliver()
            later()
        row = AlertDelivery.objects.get()
        assert (row.attempts, row.outcome) == (delivery.ATTEMPTS_MAX, "NotSent")
        assert row.ended_at is not None

    def test_a_worker_that_dies_after_its_claim_leaves_it_to_the_next(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def dies(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        alerts.raise_alert(key="a", title="A")
        with monkeypatch.context() as patch:
            patch.setattr(delivery, "_by_webhook", dies)
            with pytest.raises(KeyboardInterrupt):
                delivery.deliver()
        assert delivery.deliver() == 0
        later()
        assert delivery.deliver() == 1

    def test_many_workers_at_once_send_one(self, receiver: Receiver) -> None:
        alerts.raise_alert(key="a", title="A")
        at_once(delivery.deliver, times=16)
        assert len(receiver.got) == 1

    def test_what_is_over_before_it_was_told_is_not_told(self, receiver: Receiver) -> None:
        alerts.raise_alert(key="a", title="A")
        alerts.resolve("a")
        assert delivery.deliver() == 0
        assert receiver.got == []

    def test_where_nothing_is_set_nothing_is_planned(self, settings: Any) -> None:
        settings.ALERT_EMAIL = settings.ALERT_WEBHOOK_URL = ""
        alerts.raise_alert(key="a", title="A")
        assert delivery.deliver() == 0
        assert not AlertDelivery.objects.exists()


class TestSettings:
    def test_an_address_alone_is_enough(self) -> None:
        for name, value in {"ALERT_EMAIL": "a@b.example", "ALERT_WEBHOOK_URL": HOOK}.items():
            env = load({**PRODUCTION, name: value})
            refuse_half_configured(env)
            refuse_unsafe(env)

    def test_a_key_without_an_address_is_refused(self) -> None:
        assert problems_of(ALERT_WEBHOOK_KEY=KEY) == [
            "ALERT_WEBHOOK_KEY needs ALERT_WEBHOOK_URL, where it signs what is posted"
        ]

    @pytest.mark.parametrize(
        ("server", "told"), [("", ["alerts.no_mail_server"]), ("smtp://mail.example", [])]
    )
    def test_an_address_without_a_server_is_warned_of(
        self, monkeypatch: pytest.MonkeyPatch, server: str, told: list[str]
    ) -> None:
        env = load({**PRODUCTION, "ALERT_EMAIL": "a@b.example", "EMAIL_URL": server})
        monkeypatch.setattr(startup, "current", lambda: env)
        monkeypatch.setattr(startup.rights, "may_only_read", lambda: True)
        monkeypatch.setattr(startup.connections, "close_all", lambda: None)
        with capture_logs() as lines:
            startup.tell()
        assert [line["event"] for line in lines] == told

    def test_without_a_server_nobody_is_written_to(self) -> None:
        code = "from nannychain.alerts.delivery import ways; print(*ways())"
        given = {"ALERT_EMAIL": "a@b.example", "ALERT_WEBHOOK_URL": HOOK}
        told = programs.run("shell", "-v0", "-c", code, **given)
        assert told.stdout.split() == ["webhook"]

    def test_without_a_key_one_is_derived_that_the_command_prints(
        self, settings: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings.SECRET_KEY, settings.ALERT_WEBHOOK_KEY = "s" * 50, ""
        call_command("alert_key")
        printed = capsys.readouterr().out.strip()
        master = hmac.digest(b"s" * 50, b"nannychain lookup", "sha256")
        purpose = b"\x00\x00\x00\x0ealerts.webhook"
        assert printed == hmac.digest(master, purpose, "sha256").hex()
        expected = hmac.new(printed.encode(), b"7.{}", hashlib.sha256).hexdigest()
        assert delivery.signature("{}", at=7) == f"t=7,v1={expected}"

    def test_a_key_that_was_chosen_is_not_printed(self, settings: Any) -> None:
        settings.ALERT_WEBHOOK_KEY = KEY
        with pytest.raises(CommandError) as caught:
            call_command("alert_key")
        assert KEY not in str(caught.value)

    def test_production_posts_over_https_with_a_long_key_only(self) -> None:
        given = {"ALERT_WEBHOOK_URL": "http://x.example", "ALERT_WEBHOOK_KEY": "short"}
        with pytest.raises(SettingsError) as caught:
            refuse_unsafe(load({**PRODUCTION, **given}))
        assert "ALERT_WEBHOOK_URL must begin with https:// in production" in caught.value.problems
        assert any(text.startswith("ALERT_WEBHOOK_KEY") for text in caught.value.problems)

    @pytest.mark.parametrize("value", ["a", "a@b, c@d", "<a@b>", "a b@c"])
    def test_what_is_no_address_is_refused(self, value: str) -> None:
        with pytest.raises(SettingsError, match="ALERT_EMAIL must be one e-mail address"):
            load({**PRODUCTION, "ALERT_EMAIL": value})
