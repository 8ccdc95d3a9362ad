"""Breaks: each difference is one row, however often it is found, until it is over."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nannychain.audit.models import AuditEntry
from payments.reconciliation.breaks import selectors, services
from payments.reconciliation.breaks.kinds import TABLE, BreakKind
from payments.reconciliation.breaks.models import Break, BreakEvent
from payments.reconciliation.breaks.states import State
from tests.factories import breaks
from tests.factories.breaks import ASKER, DECIDER, found
from tests.factories.threads import at_once

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def history(item: Break) -> list[str]:
    return list(item.events.order_by("pk").values_list("what", flat=True))


class TestFinding:
    def test_the_same_difference_again_touches_one_row(self) -> None:
        first = breaks.one()
        again = breaks.one()
        assert (again.pk, again.first_seen_at) == (first.pk, first.first_seen_at)
        assert again.last_seen_at > first.last_seen_at
        assert history(again) == ["found"]

    def test_it_says_what_it_is_by_the_table_where_the_check_says_nothing(self) -> None:
        item = breaks.one(kind=BreakKind.DUPLICATE)
        line = TABLE[BreakKind.DUPLICATE]
        assert (item.cause, item.remedy, item.page) == (line.cause, line.remedy, line.page)
        told = breaks.one(subject="line:2", cause="seen twice", page="wallets_journal_changelist")
        assert (told.cause, told.page) == ("seen twice", "wallets_journal_changelist")

    def test_another_amount_needs_a_person_again(self) -> None:
        item = breaks.one(cents=-5_00)
        services.explain(item.pk, reason="a charge", by=ASKER)
        item = breaks.one(cents=-6_00)
        assert (item.state, item.explanation, item.amount_cents) == (State.OPEN, "", -6_00)
        assert history(item) == ["found", "explained", "changed"]

    def test_the_same_amount_stays_explained(self) -> None:
        item = breaks.one()
        services.explain(item.pk, reason="a charge", by=ASKER)
        assert breaks.one(cause="told anew").state == State.EXPLAINED
        item.refresh_from_db()
        assert (item.explanation, item.cause) == ("a charge", "told anew")

    def test_it_is_as_old_as_it_was_first_told(self) -> None:
        old = timezone.now() - 5 * DAY
        breaks.one(since=old)
        assert breaks.one().since == old

    def test_of_one_subject_the_last_one_counts(self) -> None:
        tally = services.find_all([found(cents=1), found(cents=2)], source="statement")
        assert (tally.new, Break.objects.get().amount_cents) == (1, 2)

    def test_thousands_take_no_more_statements_than_a_few(self) -> None:
        def statements(count: int, *, start: int) -> int:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                services.find_all(
                    (found(f"line:{start + n}") for n in range(count)), source="statement"
                )
            return len(queries)

        assert statements(900, start=0) == statements(3, start=5000)
        assert statements(900, start=0) == statements(3, start=5000) <= 6
        assert Break.objects.count() == 903

    def test_a_kind_that_is_not_in_the_table_is_refused_by_the_database(self) -> None:
        item = breaks.one()
        with pytest.raises(Exception, match="break_of_a_class"), transaction.atomic():
            Break.objects.filter(pk=item.pk).update(kind="else")


@pytest.mark.django_db(transaction=True)
def test_found_by_many_at_once_it_is_one_row() -> None:
    at_once(breaks.one, times=16)
    assert history(Break.objects.get()) == ["found"]


class TestBeingOver:
    def test_what_a_check_no_longer_finds_closes_by_itself(self) -> None:
        gone, other = breaks.one(), breaks.one(source="balances", subject="float:1")
        started = timezone.now()
        stays = breaks.one(subject="line:2")
        assert services.over("statement", not_seen_since=started, why="it is listed") == 1
        gone.refresh_from_db()
        assert (gone.state, gone.closed_as) == (State.CLOSED, "it is listed")
        assert history(gone) == ["found", "closed"]
        for each in (other, stays):
            each.refresh_from_db()
            assert each.state == State.OPEN

    def test_what_is_explained_closes_too(self) -> None:
        item = breaks.one()
        services.explain(item.pk, reason="a charge", by=ASKER)
        assert services.over("statement", not_seen_since=timezone.now(), why="gone") == 1

    def test_what_is_said_to_be_still_there_stays(self) -> None:
        item = breaks.one()
        started = timezone.now()
        assert services.still(["line:1", "line:unknown"]) == 1
        assert services.over("statement", not_seen_since=started, why="gone") == 0
        item.refresh_from_db()
        assert item.state == State.OPEN

    def test_a_flow_that_knows_closes_it_once(self) -> None:
        breaks.one()
        with transaction.atomic():
            assert services.close("line:1", why="allotted")
            assert not services.close("line:1", why="allotted")
            assert not services.close("line:none", why="allotted")

    def test_found_after_that_it_is_open_again_and_young(self) -> None:
        item = breaks.one(since=timezone.now() - 9 * DAY)
        services.over("statement", not_seen_since=timezone.now(), why="gone")
        again = breaks.one()
        assert (again.pk, again.state, again.closed_at) == (item.pk, State.OPEN, None)
        assert again.since > timezone.now() - DAY
        assert history(again) == ["found", "closed", "reopened"]


class TestPeople:
    def test_it_is_given_to_somebody_and_the_audit_says_so(self) -> None:
        item = services.assign(breaks.one().pk, to=DECIDER, by=ASKER)
        assert (item.owner, item.owner_id) == ("Barasa", DECIDER.id)
        assert history(item) == ["found", "assigned"]
        entry = AuditEntry.objects.get(action="break.assigned")
        assert (entry.actor, entry.after) == ("Akinyi", {"owner": "Barasa"})

    def test_nothing_can_be_done_about_what_is_closed(self) -> None:
        item = breaks.one()
        services.over("statement", not_seen_since=timezone.now(), why="gone")
        with pytest.raises(services.AlreadyClosed):
            services.explain(item.pk, reason="late", by=ASKER)
        with pytest.raises(services.AlreadyClosed):
            services.assign(item.pk, to=ASKER, by=ASKER)

    def test_history_can_not_be_changed(self) -> None:
        breaks.one()
        for change in (
            lambda: BreakEvent.objects.update(by="nobody"),
            lambda: BreakEvent.objects.all().delete(),
        ):
            with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
                change()


class TestReading:
    def test_what_is_open_is_counted_by_class_and_age(self) -> None:
        now = timezone.now()
        ages: dict[str, Any] = {"a": 0.5, "b": 2, "c": 2.5, "d": 5, "e": 20, "f": 31}
        for name, days in ages.items():
            breaks.one(subject=name, cents=-10, since=now - days * DAY)
        breaks.one(subject="g", cents=None, kind=BreakKind.STELLAR_DRIFT)
        breaks.one(subject="closed", cents=99, source="other")
        services.over("other", not_seen_since=timezone.now(), why="gone")
        lines, drift = selectors.open_by_class_and_age(at=now)
        assert [(each.count, each.cents) for each in lines.ages] == [
            *((1, 10), (2, 20), (1, 10), (1, 10), (1, 10))
        ]
        assert (lines.count, lines.cents, lines.oldest) == (6, 60, now - 31 * DAY)
        assert (drift.kind, drift.count, drift.cents) == ("stellar_drift", 1, 0)
        assert len(selectors.BUCKETS) == len(lines.ages)

    def test_one_rings_when_its_time_is_over_and_nobody_has_explained_it(self) -> None:
        item = breaks.one()
        limit = TABLE[BreakKind.IN_LEDGER_NOT_STATEMENT].within
        assert not selectors.overdue(at=item.first_seen_at + limit - timedelta(seconds=1))
        assert selectors.overdue(at=item.first_seen_at + limit)
        services.explain(item.pk, reason="a charge", by=ASKER)
        assert not selectors.overdue(at=item.first_seen_at + limit)
