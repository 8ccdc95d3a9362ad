"""Alerts: one row for a matter, however often it rings."""

from datetime import timedelta

import pytest
from django.utils import timezone

from nannychain import alerts
from nannychain.alerts import services
from nannychain.alerts.models import Alert
from nannychain.audit.models import AuditEntry
from nannychain.ids import new_id
from tests.factories.threads import at_once


@pytest.mark.django_db(transaction=True)
class TestAlerts:
    def test_the_same_matter_counts_up(self) -> None:
        for number in range(3):
            alerts.raise_alert(key="a", title="A", details={"number": number})
        alert = Alert.objects.get()
        assert (alert.count, alert.details) == (3, {"number": 2})

    def test_a_matter_that_was_resolved_rings_anew(self) -> None:
        alerts.raise_alert(key="a", title="A")
        alerts.resolve("a")
        alerts.raise_alert(key="a", title="A")
        assert Alert.objects.count() == 2

    def test_the_first_to_acknowledge_stays_named(self) -> None:
        alert_id = alerts.raise_alert(key="a", title="A")
        first, second = new_id(), new_id()
        alerts.acknowledge(alert_id=alert_id, by=first, name="NW-1")
        alerts.acknowledge(alert_id=alert_id, by=second, name="NW-2")
        assert Alert.objects.get().acknowledged_by == first
        entry = AuditEntry.objects.get(action="alert.acknowledged")
        assert (entry.subject_id, entry.actor_id, entry.actor) == (str(alert_id), first, "NW-1")
        assert entry.after == {"key": "a", "count": 1}

    def test_what_was_closed_by_hand_rings_anew_and_is_audited_once(self) -> None:
        alert_id = alerts.raise_alert(key="a", title="A")
        person = new_id()
        outcomes = [alerts.close(alert_id=alert_id, by=person, name="NW-1") for _ in range(2)]
        assert outcomes == [True, False]
        alerts.raise_alert(key="a", title="A")
        first, second = Alert.objects.order_by("pk")
        assert (first.acknowledged_by, first.count) == (person, 1)
        assert (second.acknowledged_by, second.resolved_at) == (None, None)
        entry = AuditEntry.objects.get(action="alert.closed")
        assert (entry.subject_id, entry.actor_id, entry.actor) == (str(alert_id), person, "NW-1")

    def test_a_state_that_comes_back_within_an_hour_opens_its_row_again(self) -> None:
        first = services.raise_again(key="a", title="A")
        alerts.resolve("a")
        Alert.objects.update(resolved_at=timezone.now() - timedelta(minutes=59))
        assert services.raise_again(key="a", title="A", details={"n": 2}) == first
        alert = Alert.objects.get()
        assert (alert.resolved_at, alert.count, alert.details) == (None, 2, {"n": 2})

    def test_a_state_that_was_over_for_longer_rings_anew(self) -> None:
        services.raise_again(key="a", title="A")
        alerts.resolve("a")
        Alert.objects.update(resolved_at=timezone.now() - timedelta(minutes=61))
        services.raise_again(key="a", title="A")
        assert Alert.objects.count() == 2

    def test_a_state_that_comes_and_goes_is_told_once_a_day_and_seen_anew(self) -> None:
        first = services.raise_again(key="a", title="A")
        alerts.acknowledge(alert_id=first, by=new_id(), name="NW-1")
        alerts.resolve("a")
        assert services.raise_again(key="a", title="A") == first
        assert Alert.objects.get().acknowledged_at is None
        alerts.resolve("a")
        Alert.objects.update(first_at=timezone.now() - timedelta(hours=25))
        assert services.raise_again(key="a", title="A") != first

    def test_a_state_that_a_person_has_closed_rings_anew(self) -> None:
        alert_id = services.raise_again(key="a", title="A")
        alerts.close(alert_id=alert_id, by=new_id(), name="NW-1")
        assert services.raise_again(key="a", title="A") != alert_id

    def test_many_workers_that_meet_the_same_trouble_make_one_row(self) -> None:
        at_once(lambda: alerts.raise_alert(key="a", title="A"), times=32)
        assert Alert.objects.get().count == 32
