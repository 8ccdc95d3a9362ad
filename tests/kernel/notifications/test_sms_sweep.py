"""What is left behind: lost rings, dead workers, poison, and one sweep at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from nannychain import locks
from nannychain.alerts.models import Alert
from nannychain.notifications import kinds, sending, sweep, tasks
from nannychain.notifications.models import Sms
from nannychain.notifications.states import SMS, State
from nannychain.states.models import StateChange
from tests.factories import programs
from tests.kernel.notifications.messages import age, queue, queue_code, state_of
from tests.kernel.notifications.provider import CUT, Held, Provider, accepted

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)  # with threads or programs beside it

SEND = "from nannychain.notifications import tasks; tasks.send(sms_id='{}')"


class TestDeadWorkers:
    @at_once
    def test_a_worker_killed_in_mid_send_leaves_it_unknown_and_sent_once(
        self, provider: Provider
    ) -> None:
        sms = queue_code()
        held = Held(accepted(sms.phone))
        provider.will(held)
        program = programs.start(
            "shell", "-v", "0", "-c", SEND.format(sms.pk), AT_BASE_URL=provider.url
        )
        assert held.arrived.wait(30), program.communicate()
        assert state_of(sms) == State.CLAIMED
        program.kill()
        program.communicate()
        held.release.set()

        sweep.sweep()
        assert state_of(sms) == State.CLAIMED  # perhaps it is just slow
        age(sms, sweep.CLAIM_MAX)
        for _ in range(3):
            sweep.sweep()
            tasks.send(sms_id=str(sms.pk))
        sms.refresh_from_db()
        assert (sms.state, sms.reason) == (State.UNKNOWN, "the worker stopped in the middle")
        assert len(provider.requests) == 1
        moves = StateChange.objects.filter(machine=SMS.name, subject_id=str(sms.pk))
        assert moves.latest("id").why == "the worker stopped in the middle"
        assert Alert.objects.get().key == "sms:unknown:worker_stopped"

    def test_a_worker_killed_before_its_claim_was_committed_leaves_it_queued(
        self, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sms = queue()

        def die(*_: object, **__: object) -> None:
            raise SystemExit

        monkeypatch.setattr("nannychain.notifications.budget.take", die)
        with pytest.raises(SystemExit):
            sending.send(sms.pk)
        monkeypatch.undo()
        assert state_of(sms) == State.QUEUED

    @at_once
    def test_two_sweeps_at_once_give_it_up_once(self) -> None:
        sms = queue()
        with transaction.atomic():
            SMS.move(sms, to=State.CLAIMED, claimed_at=timezone.now() - 2 * sweep.CLAIM_MAX)

        def work(_: int) -> int:
            try:
                return sweep.give_up_dead_claims()
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(work, range(4))) == 1


class TestDue:
    def test_a_lost_ring_costs_a_sweep_and_nothing_else(self, provider: Provider) -> None:
        sms = queue()
        tasks.sweep()
        assert state_of(sms) == State.ACCEPTED

    def test_urgent_ones_go_first_and_then_the_oldest(self, provider: Provider) -> None:
        old, young = queue("+254710000001"), queue("+254710000002")
        age(old, timedelta(minutes=1))
        code = queue_code("+254710000003")
        sweep.sweep()
        assert [request.form["to"] for request in provider.requests] == [
            code.phone,
            old.phone,
            young.phone,
        ]

    def test_a_provider_that_can_not_be_reached_is_tried_once_a_sweep(
        self, settings: Settings
    ) -> None:
        settings.AT_BASE_URL = "http://127.0.0.1:9"
        for number in range(5):
            queue(f"+2547100000{number:02d}")
        assert sweep.send_due() == 1
        assert sorted(Sms.objects.values_list("attempts", flat=True)) == [0, 0, 0, 0, 1]

    def test_an_answer_that_is_lost_does_not_stop_the_others(self, provider: Provider) -> None:
        provider.will(CUT)
        waiting = [queue(f"+2547100000{number:02d}") for number in range(3)]
        assert sweep.send_due() == 3
        assert [state_of(sms) for sms in waiting] == ["UNKNOWN", "ACCEPTED", "ACCEPTED"]

    def test_a_sweep_ends_in_time(
        self, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sweep, "SECONDS_MAX", 0.0)
        for number in range(3):
            queue(f"+2547100000{number:02d}")
        assert sweep.send_due() == 1

    def test_one_that_meets_a_fault_of_ours_does_not_stand_before_all_others(
        self, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone = kinds.Kind(
            name="gone",
            lifetime=timedelta(days=1),
            is_urgent=True,
            is_secret=False,
            is_transactional=True,
        )
        with monkeypatch.context() as patch:
            patch.setitem(kinds.KINDS, "gone", gone)
            poison = queue(kind="gone")
        good = queue("+254710000001")
        sweep.sweep()
        assert (state_of(poison), state_of(good)) == (State.QUEUED, State.ACCEPTED)
        poison.refresh_from_db()
        assert poison.due_at > timezone.now() + timedelta(minutes=14)
        assert Alert.objects.get().details == {"sms_id": str(poison.pk)}


class TestOneAtATime:
    @at_once
    def test_a_second_sweep_leaves_at_once(self, provider: Provider) -> None:
        sms = queue()
        held = Held(accepted(sms.phone))
        provider.will(held)

        def first() -> None:
            try:
                sweep.sweep()
            finally:
                connection.close()

        thread = threading.Thread(target=first)
        thread.start()
        assert held.arrived.wait(10)
        other = queue("+254710000001")
        sweep.sweep()
        assert state_of(other) == State.QUEUED
        held.release.set()
        thread.join(10)
        sweep.sweep()
        assert state_of(other) == State.ACCEPTED

    def test_the_lock_is_free_again_after_an_error(self) -> None:
        with pytest.raises(RuntimeError), locks.alone(locks.Lock.SMS_SWEEP, "x") as is_alone:
            assert is_alone
            raise RuntimeError

        def other() -> bool:
            try:
                with locks.alone(locks.Lock.SMS_SWEEP, "x") as is_alone:
                    return is_alone
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(other).result() is True


class TestWiping:
    def test_a_code_goes_with_its_time_whatever_became_of_it(self, provider: Provider) -> None:
        delivered_or_not = queue_code("+254710000001")
        sending.send(delivered_or_not.pk)
        provider.will(CUT)
        unknown = queue_code("+254710000002")
        sending.send(unknown.pk)
        for sms in (delivered_or_not, unknown):
            sms.refresh_from_db()
            assert sms.sealed_text is not None
            age(sms, timedelta(minutes=5))
        sweep.sweep()
        for sms in (delivered_or_not, unknown):
            sms.refresh_from_db()
            assert (sms.sealed_text, sms.key_id) == (None, "")

    def test_a_code_that_still_waits_stays(self, provider: Provider, settings: Settings) -> None:
        sms = queue_code()
        settings.AT_BASE_URL = "http://127.0.0.1:9"
        sweep.sweep()
        sms.refresh_from_db()
        assert sms.sealed_text is not None
