"""What each answer of the provider leads to: the end, another try, or a person who must know."""

import socket
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from nannychain.alerts.models import Alert
from nannychain.notifications import sending, sweep, trouble
from nannychain.notifications.africastalking.codes import RULES, Outcome, Where
from nannychain.notifications.models import Sms, SmsDay
from nannychain.notifications.states import SMS, State
from nannychain.states.models import StateChange
from tests.kernel.notifications.messages import (
    PHONE,
    age,
    make_due,
    pause_of,
    queue,
    queue_code,
    state_of,
)
from tests.kernel.notifications.provider import (
    CUT,
    Answer,
    Provider,
    recipient,
    recipients,
    recorded,
    serve,
)

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)  # with threads or programs beside it
UNAVAILABLE = Answer(503, b"down", {"Content-Type": "text/plain"})


def history(sms: Sms) -> list[str]:
    moves = StateChange.objects.filter(machine=SMS.name, subject_id=str(sms.pk)).order_by("id")
    return [move.target for move in moves]


def parts_of_today() -> int:
    return sum(SmsDay.objects.values_list("parts", flat=True))


class TestEveryCode:
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.where}-{rule.code}")
    def test_it_leads_where_its_line_says(
        self, provider: Provider, settings: Settings, rule: Any
    ) -> None:
        sms = queue()
        before = timezone.now()
        if rule.where is Where.HTTP:
            status = {"3xx": 301, "4xx": 418, "5xx": 503}.get(rule.code) or int(rule.code)
            provider.will(Answer(status, b"trouble"))
        elif rule.where is Where.MESSAGE:
            provider.will(recorded("sms_send_invalid_sender_id"))
        elif rule.where is Where.RECIPIENT:
            provider.will(recipients(recipient(PHONE, int(rule.code))))
        elif rule.code == "answer_lost":
            provider.will(CUT)
        else:
            settings.AT_BASE_URL = "http://127.0.0.1:9"
        sending.send(sms.pk)

        sms.refresh_from_db()
        state = {
            Outcome.ACCEPTED: State.ACCEPTED,
            Outcome.NOT_DONE: State.QUEUED,
            Outcome.REJECTED: State.REJECTED,
            Outcome.UNKNOWN: State.UNKNOWN,
        }[rule.outcome]
        assert sms.state == state
        assert sms.reason == ("" if state == State.ACCEPTED else rule.words)
        is_paid = rule.outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN)
        assert parts_of_today() == (1 if is_paid else 0)
        if rule.outcome is Outcome.NOT_DONE:
            assert pause_of(sms, since=before) == pytest.approx(rule.pause_seconds or 5, abs=2)
        assert Alert.objects.exists() == (rule.alert == "at once")
        assert (sms.final_at is not None) == (state == State.REJECTED)

    @pytest.mark.parametrize("code", [103, 999, "new"])
    def test_an_unknown_code_is_unknown_and_alerts(self, provider: Provider, code: object) -> None:
        sms = queue()
        provider.will(recipients(recipient(PHONE, code)))
        sending.send(sms.pk)
        assert state_of(sms) == State.UNKNOWN
        assert Alert.objects.get().key == f"sms:unknown:recipient:{code}"


class TestTryingAgain:
    def test_pauses_grow_from_try_to_try(self, provider: Provider) -> None:
        sms = queue()
        pauses = []
        for _ in range(9):
            provider.will(UNAVAILABLE)
            make_due(sms)
            before = timezone.now()
            sending.send(sms.pk)
            pauses.append(round(pause_of(sms, since=before)))
        assert pauses == [5, 15, 30, 60, 300, 900, 3600, 3600, 3600]
        assert len(provider.requests) == 9

    def test_an_urgent_one_rests_a_minute_at_most_and_never_beyond_its_time(
        self, provider: Provider
    ) -> None:
        sms = queue_code()
        pauses = []
        for _ in range(6):
            provider.will(UNAVAILABLE)
            make_due(sms)
            before = timezone.now()
            sending.send(sms.pk)
            pauses.append(round(pause_of(sms, since=before)))
        assert pauses == [5, 15, 30, 60, 60, 60]
        age(sms, timedelta(minutes=4, seconds=30))
        provider.will(UNAVAILABLE)
        make_due(sms)
        sending.send(sms.pk)
        sms.refresh_from_db()
        assert sms.due_at == sms.expires_at

    def test_it_does_not_go_out_before_its_pause_is_over(self, provider: Provider) -> None:
        sms = queue()
        provider.will(UNAVAILABLE)
        sending.send(sms.pk)
        sending.send(sms.pk)
        sweep.sweep()
        assert len(provider.requests) == 1

    def test_a_refused_connection_and_then_a_provider_that_is_back_is_sent_once(
        self, settings: Settings
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        settings.AT_BASE_URL = f"http://127.0.0.1:{port}"
        sms = queue()
        for attempt in range(1, 5):
            make_due(sms)
            sending.send(sms.pk)
            sms.refresh_from_db()
            assert (sms.state, sms.attempts) == (State.QUEUED, attempt)
            assert Alert.objects.filter(key=trouble.STUCK).exists() == (attempt >= 3)
        with serve(port) as back:
            make_due(sms)
            for _ in range(3):
                sweep.sweep()
            assert len(back.requests) == 1
        sms.refresh_from_db()
        assert (sms.state, sms.attempts) == (State.ACCEPTED, 5)
        assert Alert.objects.get().resolved_at is not None

    def test_when_the_way_is_free_again_those_that_rest_go_at_once(
        self, provider: Provider
    ) -> None:
        resting = [queue(f"+2547100000{n:02d}") for n in range(3)]
        for _ in range(4):
            for sms in resting:
                provider.will(UNAVAILABLE)
                make_due(sms)
                sending.send(sms.pk)
        sweep.sweep()
        assert {state_of(sms) for sms in resting} == {"QUEUED"}
        sending.send(queue().pk)
        sweep.sweep()
        assert {state_of(sms) for sms in resting} == {"ACCEPTED"}

    def test_its_time_over_it_expires_unsent(self, provider: Provider) -> None:
        sms = queue_code()
        age(sms, timedelta(minutes=6))
        sweep.sweep()
        sms.refresh_from_db()
        assert (sms.state, sms.sealed_text, sms.key_id) == (State.EXPIRED, None, "")
        assert sms.final_at is not None
        assert provider.requests == []

    def test_a_configuration_that_was_mended_lets_it_go(self, provider: Provider) -> None:
        sms = queue()
        provider.will(recorded("sms_send_invalid_key"))
        sending.send(sms.pk)
        assert Alert.objects.get(resolved_at=None).details["why"] == "the provider refuses our key"
        make_due(sms)
        sending.send(sms.pk)
        assert state_of(sms) == State.ACCEPTED
        assert not Alert.objects.filter(resolved_at=None).exists()
