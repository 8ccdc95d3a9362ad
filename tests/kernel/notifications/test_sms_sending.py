"""Sending: once, by one worker, and never when it may have been sent already."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from nannychain.alerts.models import Alert
from nannychain.http import Session
from nannychain.notifications import kinds, sending, sweep
from nannychain.notifications.models import OptOut, Sms, SmsDay
from nannychain.notifications.states import SMS, State
from nannychain.states.models import StateChange
from nannychain.transactions import TransactionForbidden
from tests.kernel.notifications.messages import (
    PHONE,
    age,
    queue,
    queue_code,
    state_of,
)
from tests.kernel.notifications.provider import (
    CUT,
    Answer,
    Held,
    Provider,
    accepted,
    recipient,
    recipients,
)

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)  # with threads or programs beside it
UNAVAILABLE = Answer(503, b"down", {"Content-Type": "text/plain"})


def history(sms: Sms) -> list[str]:
    moves = StateChange.objects.filter(machine=SMS.name, subject_id=str(sms.pk)).order_by("id")
    return [move.target for move in moves]


def parts_of_today() -> int:
    return sum(SmsDay.objects.values_list("parts", flat=True))


class TestAccepted:
    def test_the_provider_s_words_are_kept(self, provider: Provider) -> None:
        sms = queue()
        provider.will(accepted(PHONE, message_id="ATXid_1"))
        sending.send(sms.pk)
        sms.refresh_from_db()
        assert (sms.state, sms.provider_message_id) == (State.ACCEPTED, "ATXid_1")
        assert sms.provider_status == "101 Success"
        assert (sms.cost_currency, sms.cost_ten_thousandths) == ("KES", 8_000)
        assert sms.cost == "KES 0.8000"
        assert sms.sent_at is not None
        assert (sms.attempts, sms.reason) == (1, "")
        assert history(sms) == ["QUEUED", "CLAIMED", "ACCEPTED"]

    def test_the_code_itself_goes_out(self, provider: Provider) -> None:
        sending.send(queue_code().pk)
        assert provider.requests[0].form["message"] == "Your code is 739154."

    def test_sending_it_a_second_time_does_nothing(self, provider: Provider) -> None:
        sms = queue()
        for _ in range(3):
            sending.send(sms.pk)
            sweep.sweep()
        assert len(provider.requests) == 1

    def test_an_id_that_another_sms_has_does_not_stop_it(self, provider: Provider) -> None:
        provider.will(accepted(PHONE, message_id="same"), accepted(PHONE, message_id="same"))
        first, second = queue(), queue()
        sending.send(first.pk)
        sending.send(second.pk)
        second.refresh_from_db()
        assert (second.state, second.provider_message_id) == (State.ACCEPTED, None)

    @at_once
    def test_no_transaction_is_open_while_the_provider_is_called(self, provider: Provider) -> None:
        sms = queue()
        with transaction.atomic(), pytest.raises(TransactionForbidden):
            sending.send(sms.pk)
        assert provider.requests == []

    @at_once
    def test_it_is_claimed_and_committed_before_the_call(self, provider: Provider) -> None:
        sms = queue()
        seen: list[str] = []

        def look(_: Any) -> Answer:
            seen.append(state_of(sms))
            connection.close()
            return accepted(PHONE)

        provider.will(look)
        sending.send(sms.pk)
        assert seen == ["CLAIMED"]


class TestManyWorkers:
    @at_once
    def test_of_eight_workers_one_sends(self, provider: Provider) -> None:
        sms = queue()
        held = Held(accepted(PHONE))
        provider.will(held)
        start = threading.Barrier(8)

        def work(number: int) -> None:
            try:
                start.wait()
                sending.send(sms.pk)
                held.release.set()
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        assert len(provider.requests) == 1
        assert state_of(sms) == State.ACCEPTED

    @at_once
    def test_many_sms_over_many_workers_go_out_once_each(self, provider: Provider) -> None:
        waiting = [queue(f"+2547100000{n:02d}") for n in range(20)]

        def work(_: int) -> None:
            try:
                for sms in waiting:
                    sending.send(sms.pk)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        sent = [request.form["to"] for request in provider.requests]
        assert sorted(sent) == sorted(sms.phone for sms in waiting)
        assert parts_of_today() == 20


class TestUnknown:
    def test_a_read_timeout_is_unknown_and_never_sent_again(
        self, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "nannychain.notifications.africastalking.client.Session",
            lambda: Session(read_seconds=0.3),
        )
        monkeypatch.setattr(sending, "_of_thread", threading.local())
        sms = queue()
        held = Held(accepted(PHONE))
        provider.will(held)
        sending.send(sms.pk)
        held.release.set()
        age(sms, timedelta(hours=1))
        for _ in range(3):
            sending.send(sms.pk)
            sweep.sweep()
        sms.refresh_from_db()
        assert (sms.state, sms.reason) == (
            State.UNKNOWN,
            "the request left and no answer came",
        )
        assert len(provider.requests) == 1
        assert Alert.objects.get().key == "sms:unknown:transport:answer_lost"

    def test_a_connection_that_breaks_after_the_request_is_unknown(
        self, provider: Provider
    ) -> None:
        sms = queue()
        provider.will(CUT)
        sending.send(sms.pk)
        sweep.sweep()
        assert state_of(sms) == State.UNKNOWN
        assert len(provider.requests) == 1

    def test_what_is_held_for_risk_is_unknown_and_keeps_its_id(self, provider: Provider) -> None:
        sms = queue()
        provider.will(recipients(recipient(PHONE, 401, messageId="ATXid_held")))
        sending.send(sms.pk)
        sms.refresh_from_db()
        assert (sms.state, sms.provider_message_id) == (State.UNKNOWN, "ATXid_held")

    @at_once
    def test_an_answer_that_comes_after_it_was_given_up_still_counts(
        self, provider: Provider
    ) -> None:
        sms = queue()

        def slowly(_: Any) -> Answer:
            age(sms, 2 * sweep.CLAIM_MAX)
            assert sweep.give_up_dead_claims() == 1
            connection.close()
            return accepted(PHONE, message_id="ATXid_late")

        provider.will(slowly)
        sending.send(sms.pk)
        sms.refresh_from_db()
        assert (sms.state, sms.provider_message_id) == (State.ACCEPTED, "ATXid_late")
        assert history(sms) == ["QUEUED", "CLAIMED", "UNKNOWN", "ACCEPTED"]

    @at_once
    def test_a_late_answer_that_it_was_not_sent_does_not_send_it_again(
        self, provider: Provider
    ) -> None:
        sms = queue()

        def slowly(_: Any) -> Answer:
            age(sms, 2 * sweep.CLAIM_MAX)
            sweep.give_up_dead_claims()
            connection.close()
            return UNAVAILABLE

        provider.will(slowly)
        sending.send(sms.pk)
        assert state_of(sms) == State.UNKNOWN


class TestNotSentAtAll:
    def test_without_credentials_it_is_a_dry_run(
        self, provider: Provider, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO")
        settings.AT_API_KEY = ""
        sms = queue_code()
        sweep.sweep()
        sms.refresh_from_db()
        assert (sms.state, sms.sealed_text) == (State.DRY_RUN, None)
        assert provider.requests == []
        assert "sms.dry_run" in caplog.text
        assert "+254******678" in caplog.text
        assert PHONE not in caplog.text
        assert parts_of_today() == 0

    def test_an_opt_out_stops_what_is_not_transactional(
        self, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        news = kinds.Kind(
            name="news",
            lifetime=timedelta(days=1),
            is_urgent=False,
            is_secret=False,
            is_transactional=False,
        )
        monkeypatch.setitem(kinds.KINDS, "news", news)
        OptOut.objects.create(sender_id="NANNYCHAIN", phone=PHONE)
        stopped, other = queue(kind="news"), queue("+254722000111", kind="news")
        answer = queue()
        sweep.sweep()
        assert state_of(stopped) == State.REJECTED
        assert (state_of(other), state_of(answer)) == (State.ACCEPTED, State.ACCEPTED)

    def test_a_text_that_can_not_be_opened_waits_and_alerts(
        self, provider: Provider, settings: Settings
    ) -> None:
        sms = queue_code()
        settings.ENCRYPTION_KEY = "bb" * 32
        sweep.sweep()
        sms.refresh_from_db()
        assert (sms.state, sms.due_at) == (State.QUEUED, sms.expires_at)
        assert provider.requests == []
        assert Alert.objects.get().key == "sms:unopened"
        assert parts_of_today() == 0

    def test_an_unknown_row_or_a_strange_id_is_nothing(self, provider: Provider) -> None:
        assert sending.send("01a1fad8-776b-7d31-9b37-8c5128bd8652") is None
