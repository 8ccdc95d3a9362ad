"""News that travels upward: neither lost, nor invented, nor reacted to twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from nannychain import events
from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from nannychain.outbox import services as outbox
from nannychain.outbox.models import OutboxDelivery, OutboxEvent
from nannychain.transactions import TransactionRequired
from tests.factories.threads import at_once

HEARD: list[tuple[str, int]] = []


def first(*, number: int) -> None:
    HEARD.append(("first", number))
    AuditEntry.objects.create(action="test.heard", actor="t", subject_type="t", subject_id="1")


def second(*, number: int) -> None:
    HEARD.append(("second", number))
    if number < 0:
        raise RuntimeError("not yet")


@pytest.fixture(autouse=True)
def _reactions() -> Iterator[None]:
    before = dict(events._reactions)
    events.register({"test.happened": (first, second)})
    HEARD.clear()
    yield
    events.register(before)


def publish(number: int) -> OutboxEvent:
    with transaction.atomic():
        events.publish("test.happened", number=number)
    return OutboxEvent.objects.latest("id")


@pytest.mark.django_db(transaction=True)
class TestDelivery:
    def test_every_reaction_runs_once(self) -> None:
        event = publish(1)
        for _ in range(3):
            outbox.deliver(event.pk)
            outbox.relay()
        assert HEARD == [("first", 1), ("second", 1)]
        event.refresh_from_db()
        assert event.delivered_at is not None

    def test_an_event_of_a_transaction_that_failed_was_never_told(self) -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            events.publish("test.happened", number=1)
            raise RuntimeError
        assert not OutboxEvent.objects.exists()

    def test_publishing_needs_a_transaction(self) -> None:
        with pytest.raises(TransactionRequired):
            events.publish("test.happened", number=1)

    def test_a_reaction_that_fails_is_tried_again_and_the_others_are_not(self) -> None:
        event = publish(-1)
        outbox.deliver(event.pk)
        event.refresh_from_db()
        assert (event.attempts, event.delivered_at) == (1, None)
        assert event.due_at > timezone.now()
        outbox.relay()  # it rests
        assert HEARD == [("first", -1), ("second", -1)]
        OutboxEvent.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        outbox.relay()
        assert HEARD == [("first", -1), ("second", -1), ("second", -1)]
        assert AuditEntry.objects.filter(action="test.heard").count() == 1

    def test_a_reaction_that_keeps_failing_alerts_a_person_once(self) -> None:
        event = publish(-1)
        for _ in range(outbox.ALERT_AFTER_ATTEMPTS + 2):
            outbox.deliver(event.pk)
        alert = Alert.objects.get()
        assert alert.count == 3
        assert alert.details["failed"] == [f"{__name__}.second"]

    def test_an_event_that_failed_for_ever_does_not_stop_the_others(self) -> None:
        poison, good = publish(-1), publish(1)
        OutboxEvent.objects.filter(pk=poison.pk).update(attempts=30_000)
        outbox.relay()
        good.refresh_from_db()
        assert good.delivered_at is not None

    def test_eight_workers_at_once_react_once(self) -> None:
        event = publish(2)

        at_once(lambda: outbox.deliver(event.pk), times=16)
        assert sorted(HEARD) == [("first", 2), ("second", 2)]
        assert OutboxDelivery.objects.count() == 2

    def test_an_event_that_nobody_reacts_to_is_done(self) -> None:
        with transaction.atomic():
            events.publish("test.unheard")
        outbox.relay()
        assert OutboxEvent.objects.get().delivered_at is not None
