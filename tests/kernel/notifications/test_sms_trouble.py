"""Trouble: told once, called over by what proves it, and no reason to resend again and again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from nannychain.alerts.models import Alert
from nannychain.notifications import sending, sweep, trouble
from nannychain.notifications.africastalking.codes import RULES, Outcome, Where
from nannychain.notifications.models import Sms
from nannychain.notifications.states import State
from tests.kernel.notifications.messages import make_due, queue, state_of
from tests.kernel.notifications.provider import (
    Answer,
    Provider,
    Request,
    accepted,
    recipient,
    recipients,
    recorded,
)

pytestmark = pytest.mark.django_db
UNAVAILABLE = Answer(503, b"down", {"Content-Type": "text/plain"})
HERE, ELSEWHERE = "+25471", "+25473"
SENDER_UNKNOWN = "sms:stuck:our sender ID is not known"


def network_that_refuses(provider: Provider, prefix: str, *, code: int) -> None:
    """Let the provider refuse all numbers of one network, and take all others, for good."""

    def decide(request: Request) -> Answer:
        provider.will(decide)
        phone = request.form["to"]
        return recipients(recipient(phone, code)) if phone.startswith(prefix) else accepted(phone)

    provider.will(decide)


def fail_till_it_lasts(provider: Provider, *messages: Sms) -> None:
    """Let the provider be down for so many tries that somebody must know."""
    for _ in range(trouble.LASTING_ATTEMPTS):
        for sms in messages:
            provider.will(UNAVAILABLE)
            make_due(sms)
            sending.send(sms.pk)
    assert Alert.objects.filter(key=trouble.STUCK, resolved_at=None).exists()


def let_calm_pass() -> None:
    Alert.objects.update(resolved_at=timezone.now() - trouble.CALM)


def attempts_of(sms: Sms) -> int:
    sms.refresh_from_db()
    return sms.attempts


@contextmanager
def holding(sms: Sms) -> Iterator[None]:
    """Hold the row's lock over another connection."""
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Sms.objects.select_for_update().get(pk=sms.pk)
                held.set()
                release.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert held.wait(10)
        yield
    finally:
        release.set()
        thread.join()


class TestOfOneNetwork:
    def test_what_other_networks_take_neither_resends_nor_rings_again(
        self, provider: Provider
    ) -> None:
        network_that_refuses(provider, ELSEWHERE, code=402)
        refused = [queue(f"{ELSEWHERE}00000{n:02d}") for n in range(3)]
        for sms in refused:
            sending.send(sms.pk)
        for n in range(5):
            sending.send(queue(f"{HERE}00000{n:02d}").pk)
            sweep.sweep()
        assert [attempts_of(sms) for sms in refused] == [1, 1, 1]
        alert = Alert.objects.get()
        assert (alert.key, alert.count, alert.resolved_at) == (SENDER_UNKNOWN, 3, None)

    def test_it_is_over_when_one_that_was_turned_away_for_it_is_taken(
        self, provider: Provider
    ) -> None:
        first, second, other = (queue(f"{ELSEWHERE}000000{n}") for n in range(3))
        for sms in (first, second):
            provider.will(recorded("sms_send_invalid_sender_id"))
            sending.send(sms.pk)
        provider.will(recipients(recipient(other.phone, 407)))
        sending.send(other.pk)
        make_due(first)
        sending.send(first.pk)
        assert Alert.objects.get(key=SENDER_UNKNOWN).resolved_at is not None
        sweep.sweep()
        assert (state_of(second), state_of(other)) == (State.ACCEPTED, State.QUEUED)

    def test_no_words_are_used_of_one_number_and_of_the_whole_provider(self) -> None:
        later = [rule for rule in RULES if rule.outcome is Outcome.NOT_DONE]
        whole = (Where.TRANSPORT, Where.HTTP)
        of_all = {rule.words for rule in later if rule.where in whole}
        of_some = {rule.words for rule in later if rule.where not in whole}
        assert of_all
        assert of_some
        assert not of_all & of_some


class TestOfTheProvider:
    def test_it_is_over_with_any_sms_that_is_taken(self, provider: Provider) -> None:
        resting = queue()
        fail_till_it_lasts(provider, resting)
        sending.send(queue("+254722000111").pk)
        assert Alert.objects.get().resolved_at is not None
        sweep.sweep()
        assert state_of(resting) == State.ACCEPTED

    def test_one_that_never_gets_through_does_not_ring_with_each_that_does(
        self, provider: Provider
    ) -> None:
        hopeless = queue()
        fail_till_it_lasts(provider, hopeless)
        for n in range(5):
            sending.send(queue(f"{HERE}00000{n:02d}").pk)
            provider.will(UNAVAILABLE)
            make_due(hopeless)
            sending.send(hopeless.pk)
        assert Alert.objects.count() == 1

    def test_once_the_calm_is_past_it_rings_anew(self, provider: Provider) -> None:
        for _ in range(2):
            sms = queue()
            fail_till_it_lasts(provider, sms)
            make_due(sms)
            sending.send(sms.pk)
            assert not Alert.objects.filter(resolved_at=None).exists()
            let_calm_pass()
        assert Alert.objects.filter(key=trouble.STUCK).count() == 2

    def test_what_waits_for_the_next_day_s_budget_goes_on_waiting(self, provider: Provider) -> None:
        sms = queue()
        fail_till_it_lasts(provider, sms)
        tomorrow = timezone.now() + timedelta(days=1)
        Sms.objects.filter(pk=sms.pk).update(reason="the day's budget is used up", due_at=tomorrow)
        sending.send(queue("+254722000111").pk)
        sms.refresh_from_db()
        assert sms.due_at == tomorrow

    @pytest.mark.django_db(transaction=True)
    def test_a_row_that_somebody_holds_does_not_keep_an_answer_from_being_written_down(
        self, provider: Provider
    ) -> None:
        held, free, fresh = queue(), queue(), queue("+254722000111")
        fail_till_it_lasts(provider, held, free)
        with holding(held), connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
            sending.send(fresh.pk)
            cursor.execute("RESET lock_timeout")
        assert state_of(fresh) == State.ACCEPTED
        free.refresh_from_db()
        assert free.due_at <= timezone.now()
