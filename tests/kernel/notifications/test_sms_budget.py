"""The daily budget: never exceeded, urgent kinds have the last fifth, the rest waits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from nannychain.alerts.models import Alert
from nannychain.notifications import budget, sending, sweep
from nannychain.notifications.models import Sms, SmsDay
from nannychain.notifications.states import State
from tests.kernel.notifications.messages import queue, queue_code, state_of
from tests.kernel.notifications.provider import Answer, Provider, recipient, recipients

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)  # with threads or programs beside it
# 15:00 in Nairobi; its next day begins at 21:00 UTC.
AFTERNOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NEXT_DAY = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _ten_parts(settings: Settings) -> None:
    settings.SMS_DAILY_BUDGET = 10


def welcome(number: int, *, parts: int = 1) -> Sms:
    return queue(f"+2547100000{number:02d}", text="x" * (160 if parts == 1 else 153 * parts))


def spent() -> dict[date, int]:
    return dict(SmsDay.objects.values_list("day", "parts"))


def test_others_stop_at_four_fifths_and_urgent_ones_at_the_whole(provider: Provider) -> None:
    with time_machine.travel(AFTERNOON, tick=False):
        waiting = [welcome(number) for number in range(12)]
        sweep.sweep()
        assert [state_of(sms) for sms in waiting] == ["ACCEPTED"] * 8 + ["QUEUED"] * 4
        codes = [queue_code(f"+2547200000{number:02d}") for number in range(4)]
        sweep.sweep()
        assert [state_of(sms) for sms in codes] == ["ACCEPTED"] * 2 + ["QUEUED"] * 2
    assert spent() == {date(2026, 11, 20): 10}
    assert len(provider.requests) == 10


def test_what_exceeds_goes_out_when_the_next_day_begins_in_nairobi(provider: Provider) -> None:
    with time_machine.travel(AFTERNOON, tick=False):
        waiting = [welcome(number) for number in range(9)]
        sweep.sweep()
        last = waiting[-1]
        last.refresh_from_db()
        assert (last.due_at, last.reason) == (NEXT_DAY, "the day's budget is used up")
    with time_machine.travel(NEXT_DAY - timedelta(seconds=1), tick=False):
        sweep.sweep()
        assert state_of(last) == State.QUEUED
    with time_machine.travel(NEXT_DAY, tick=False):
        sweep.sweep()
        assert state_of(last) == State.ACCEPTED
    assert spent() == {date(2026, 11, 20): 8, date(2026, 11, 21): 1}


def test_a_code_that_can_not_wait_for_the_next_day_expires(provider: Provider) -> None:
    with time_machine.travel(AFTERNOON, tick=False):
        for number in range(10):
            sending.send(queue_code(f"+2547200000{number:02d}").pk)
        late = queue_code()
        sweep.sweep()
        late.refresh_from_db()
        assert (late.state, late.due_at) == (State.QUEUED, late.expires_at)
    with time_machine.travel(AFTERNOON + timedelta(minutes=5), tick=False):
        sweep.sweep()
    assert state_of(late) == State.EXPIRED


def test_a_day_that_is_used_up_alerts_once(provider: Provider) -> None:
    with time_machine.travel(AFTERNOON, tick=False):
        for number in range(12):
            welcome(number)
        sweep.sweep()
        sweep.sweep()
    alert = Alert.objects.get()
    assert alert.key == "sms:budget:2026-11-20"
    assert alert.count == 4


def test_long_texts_count_by_their_parts_and_short_ones_still_fit(provider: Provider) -> None:
    with time_machine.travel(AFTERNOON, tick=False):
        first, long, short = welcome(0, parts=6), welcome(1, parts=3), welcome(2, parts=2)
        sweep.sweep()
    assert [state_of(sms) for sms in (first, long, short)] == ["ACCEPTED", "QUEUED", "ACCEPTED"]
    assert spent() == {date(2026, 11, 20): 8}


def test_what_was_certainly_not_sent_is_given_back(provider: Provider) -> None:
    sms = welcome(0, parts=3)
    provider.will(Answer(503), recipients(recipient(sms.phone, 403)))
    sending.send(sms.pk)
    assert sum(spent().values()) == 0
    Sms.objects.update(due_at=timezone.now())
    sending.send(sms.pk)
    assert state_of(sms) == State.REJECTED
    assert sum(spent().values()) == 0


def test_giving_back_concerns_the_day_on_which_it_was_taken(provider: Provider) -> None:
    with time_machine.travel(NEXT_DAY - timedelta(seconds=1), tick=False) as traveller:
        sms = welcome(0)

        def after_midnight(_: object) -> Answer:
            traveller.shift(timedelta(seconds=5))
            return Answer(503)

        provider.will(after_midnight)
        sending.send(sms.pk)
    assert spent() == {date(2026, 11, 20): 0}


def test_without_a_budget_everything_goes_and_is_counted(
    provider: Provider, settings: Settings
) -> None:
    settings.SMS_DAILY_BUDGET = 0
    for number in range(15):
        welcome(number)
    sweep.sweep()
    assert sum(spent().values()) == 15
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("limit", "others", "urgent"), [(1, 0, 1), (2, 1, 2), (5, 4, 5), (9, 7, 9), (10, 8, 10)]
)
def test_four_fifths_are_rounded_down(
    settings: Settings, limit: int, others: int, urgent: int
) -> None:
    settings.SMS_DAILY_BUDGET = limit
    for is_urgent, expected in ((False, others), (True, urgent - others)):
        with transaction.atomic():
            taken = [
                budget.take(1, is_urgent=is_urgent, instant=AFTERNOON) for _ in range(limit + 2)
            ]
        assert sum(taken) == expected


@at_once
def test_many_workers_at_once_never_exceed_it(provider: Provider) -> None:
    waiting = [queue_code(f"+2547200000{number:02d}") for number in range(30)]

    def work(share: list[Sms]) -> None:
        try:
            for sms in share:
                sending.send(sms.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [waiting[n::8] for n in range(8)]))
    assert len(provider.requests) == 10
    assert sum(spent().values()) == 10
    assert sorted(state_of(sms) for sms in waiting) == ["ACCEPTED"] * 10 + ["QUEUED"] * 20
