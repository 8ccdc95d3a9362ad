"""The words for transactions mean what they say."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from nannychain import locks, queues, transactions


@transactions.required
def within() -> str:
    return "fine"


@pytest.mark.django_db(transaction=True)
class TestWords:
    def test_required_refuses_outside_a_transaction(self) -> None:
        with pytest.raises(transactions.TransactionRequired):
            within()
        with transaction.atomic():
            assert within() == "fine"

    def test_a_lock_needs_a_transaction(self) -> None:
        with pytest.raises(transactions.TransactionRequired):
            locks.take(locks.Lock.PHONE, "x")

    def test_forbid_refuses_inside_a_transaction(self) -> None:
        transactions.forbid("a call")
        with transaction.atomic(), pytest.raises(transactions.TransactionForbidden):
            transactions.forbid("a call")

    def test_after_commit_runs_only_after_a_commit(self) -> None:
        done: list[str] = []
        with pytest.raises(RuntimeError), transaction.atomic():
            transactions.after_commit(lambda: done.append("never"))
            raise RuntimeError
        with transaction.atomic():
            transactions.after_commit(lambda: done.append("now"))
            assert done == []
        assert done == ["now"]

    def test_a_failure_after_the_commit_does_not_undo_the_answer(self) -> None:
        def fail() -> None:
            raise RuntimeError

        done: list[str] = []
        with transaction.atomic():
            transactions.after_commit(fail)
            transactions.after_commit(lambda: done.append("next"))
        assert done == ["next"]


@pytest.mark.django_db
def test_forbid_does_not_count_the_transaction_that_wraps_a_test() -> None:
    transactions.forbid("a call")


def test_a_broker_that_is_away_is_not_the_callers_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("refused")

    calls: list[str] = []
    queues.breaker.close()
    monkeypatch.setattr(queues.current_app, "send_task", refuse)
    queues.enqueue("nannychain.outbox.relay")
    monkeypatch.setattr(queues.current_app, "send_task", lambda name, **_: calls.append(name))
    queues.enqueue("nannychain.outbox.relay")
    assert calls == []  # nobody waits for it again at once
    queues.breaker.close()
    queues.enqueue("nannychain.outbox.relay")
    assert calls == ["nannychain.outbox.relay"]


def test_a_ring_that_nobody_hears_is_dropped_and_not_kept_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queues.breaker.close()
    queues.enqueue("wallets.custody.sign", submission_id="nobody's")

    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        newest = client.lpop("signer")

    assert isinstance(newest, bytes)
    until = datetime.fromisoformat(json.loads(newest)["headers"]["expires"])
    left = until - datetime.now(tz=UTC)
    assert timedelta() < left <= timedelta(seconds=queues.RING_SECONDS)
