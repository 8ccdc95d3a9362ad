"""Ringing for work that waits: many rings, few messages, and none of them too early."""

import threading
import time

import pytest
from django.db import transaction

from nannychain import queues
from tests.factories.waiting import until


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """What was sent, and when."""
    messages: list[tuple[str, float]] = []
    monkeypatch.setattr(
        queues, "enqueue", lambda task, **_: messages.append((task, time.monotonic()))
    )
    monkeypatch.setattr(queues, "_bell", None)
    return messages


def test_a_thousand_rings_of_eight_threads_make_few_messages(
    sent: list[tuple[str, float]],
) -> None:
    last = 0.0

    def ring() -> None:
        nonlocal last
        for _ in range(125):
            queues.ring("a.sweep")
            last = max(last, time.monotonic())

    threads = [threading.Thread(target=ring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Each ring is followed by a message: what was stored before it is found.
    until(lambda: bool(sent) and sent[-1][1] >= last)
    assert len(sent) < 100


def test_two_tasks_are_both_rung_for(sent: list[tuple[str, float]]) -> None:
    queues.ring("a.sweep")
    queues.ring("b.sweep")
    until(lambda: {task for task, _ in sent} == {"a.sweep", "b.sweep"})


def test_a_ring_that_fails_is_not_the_last(
    sent: list[tuple[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(task: str, **_: object) -> None:
        raise RuntimeError(task)

    working = queues.enqueue
    monkeypatch.setattr(queues, "enqueue", broken)
    queues.ring("a.sweep")
    time.sleep(0.1)
    monkeypatch.setattr(queues, "enqueue", working)
    queues.ring("a.sweep")
    until(lambda: bool(sent))


@pytest.mark.django_db(transaction=True)
def test_nothing_is_rung_for_before_the_commit_or_without_it(
    sent: list[tuple[str, float]],
) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        queues.ring_after_commit("a.sweep")
        raise RuntimeError
    with transaction.atomic():
        queues.ring_after_commit("b.sweep")
        time.sleep(0.1)
        assert sent == []
    until(lambda: bool(sent))
    assert [task for task, _ in sent] == ["b.sweep"]
