"""Four eyes: what one asks for, another decides about."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.alerts.models import Alert
from nannychain.approvals import kinds, selectors, services
from nannychain.approvals.models import ApprovalRequest
from nannychain.approvals.states import State
from nannychain.audit.models import AuditEntry
from nannychain.ids import new_id
from nannychain.reasons import InvalidReason
from nannychain.states.models import StateChange
from tests.kernel.approvals.samples import (
    ASKER,
    CLOSE,
    DECIDER,
    Hindered,
    alert,
    asked,
    decide,
    is_closed,
)

pytestmark = pytest.mark.django_db


# Asking


def test_asking_does_nothing_but_wait_for_another_person() -> None:
    request = asked(payload={"note": "by phone", "amount_cents": 150_00})

    assert request.state == State.ASKED
    assert request.payload == {"note": "by phone", "amount_cents": 150_00}
    assert not is_closed(request)
    assert request.expires_at == request.asked_at + timedelta(hours=72)


def test_the_same_is_asked_for_once_while_it_waits() -> None:
    about = alert()
    first = asked(about)
    with pytest.raises(services.AlreadyAsked):
        asked(about, by=DECIDER)
    services.withdraw(first.pk, by=ASKER, reason="Too early")

    assert asked(about).state == State.ASKED
    assert asked(alert()).state == State.ASKED


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "a\u202eb"])
def test_no_request_and_no_decision_without_a_reason(reason: str) -> None:
    with pytest.raises(InvalidReason):
        asked(reason=reason)
    request = asked()
    for act in (services.decide, services.withdraw):
        how = {"approve": True} if act is services.decide else {}
        with pytest.raises(InvalidReason):
            act(request.pk, by=DECIDER, reason=reason, **how)  # type: ignore[operator]
    request.refresh_from_db()
    assert request.state == State.ASKED


@pytest.mark.parametrize(
    "payload",
    [
        {"colour": "red"},  # the kind does not know it
        {"pin": "2580"},  # even though the kind does
        {"note": "x" * 201},
        {"note": ["a"]},
        {"note": {"pin": "2580"}},
        {"amount_cents": 1.5},
    ],
)
def test_a_request_carries_only_what_its_kind_knows_and_nothing_secret(payload: object) -> None:
    with pytest.raises(services.InvalidPayload) as raised:
        asked(payload=payload)
    assert "2580" not in str(raised.value)
    assert not ApprovalRequest.objects.exists()


def test_nobody_asks_for_what_no_table_knows() -> None:
    with pytest.raises(kinds.UnknownKind):
        asked(kind="test.unheard_of")


# Deciding


def test_another_person_approves_and_it_is_done_at_once() -> None:
    request = decide(asked().pk)

    assert (request.state, request.decider) == (State.APPROVED, DECIDER.name)
    assert is_closed(request)


def test_another_person_refuses_and_nothing_is_done() -> None:
    request = decide(asked().pk, approve=False)

    assert request.state == State.REFUSED
    assert not is_closed(request)


@pytest.mark.parametrize("approve", [True, False])
def test_who_asked_can_not_decide_under_whatever_name(approve: bool) -> None:
    request = asked()
    with pytest.raises(services.OwnRequest):
        decide(request.pk, approve=approve, by=Actor(ASKER.id, "somebody else"))
    request.refresh_from_db()
    assert request.state == State.ASKED
    assert not is_closed(request)


def test_only_who_asked_takes_it_back() -> None:
    request = asked()
    with pytest.raises(services.NotYours):
        services.withdraw(request.pk, by=DECIDER, reason="No need")

    assert services.withdraw(request.pk, by=ASKER, reason="No need").state == State.WITHDRAWN


def test_an_act_that_fails_leaves_the_request_open_and_nothing_half_done() -> None:
    request = asked(kind="test.fail")
    with pytest.raises(Hindered):
        decide(request.pk)

    request.refresh_from_db()
    assert (request.state, request.decided_by) == (State.ASKED, None)
    assert not is_closed(request)
    assert not AuditEntry.objects.filter(action="approval.approved").exists()
    assert decide(request.pk, approve=False).state == State.REFUSED


@pytest.mark.parametrize("first", ["approve", "refuse", "withdraw", "expire"])
def test_what_is_closed_stays_closed(first: str) -> None:
    request = asked()
    if first == "withdraw":
        services.withdraw(request.pk, by=ASKER, reason="No need")
    elif first == "expire":
        with time_machine.travel(timezone.now() + timedelta(hours=73)):
            services.expire()
    else:
        decide(request.pk, approve=first == "approve")
    for approve in (True, False):
        with pytest.raises(services.AlreadyDecided):
            decide(request.pk, approve=approve)
    with pytest.raises(services.AlreadyDecided):
        services.withdraw(request.pk, by=ASKER, reason="No need")


def test_a_request_that_is_not_there_is_told() -> None:
    with pytest.raises(services.NoSuchRequest):
        decide(new_id())


def test_a_request_of_a_kind_that_the_table_has_lost_can_be_taken_back_only() -> None:
    request = asked()
    kinds.register(kind for kind in kinds.registered() if kind is not CLOSE)
    with pytest.raises(kinds.UnknownKind):
        decide(request.pk)

    assert services.withdraw(request.pk, by=ASKER, reason="Gone").state == State.WITHDRAWN


# Time


def test_too_late_a_decision_is_refused_before_and_after_the_sweep() -> None:
    request = asked()
    with time_machine.travel(request.expires_at + timedelta(seconds=1)):
        with pytest.raises(services.OutOfTime):
            decide(request.pk)
        assert services.expire() == 1
        assert services.expire() == 0
    request.refresh_from_db()
    assert (request.state, request.decided_by) == (State.EXPIRED, None)
    assert not is_closed(request)


def test_the_sweep_leaves_alone_what_has_time() -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=73)):
        old = asked()
    young = asked()

    assert services.expire() == 1
    states = dict(ApprovalRequest.objects.values_list("pk", "state"))
    assert states == {old.pk: State.EXPIRED, young.pk: State.ASKED}


# What is kept


def test_every_act_stands_in_the_audit_trail_and_in_the_history() -> None:
    request = decide(asked(payload={"note": "by phone"}).pk)

    entries = AuditEntry.objects.filter(subject_id=str(request.pk)).order_by("id")
    assert [(each.action, each.actor, each.reason) for each in entries] == [
        ("approval.asked", ASKER.name, "It is over"),
        ("approval.approved", DECIDER.name, "Looked at it"),
    ]
    assert entries[0].after == {
        "kind": "test.close",
        "subject": f"nannychain.alert {request.subject_id}",
        "note": "by phone",
    }
    moves = StateChange.objects.filter(subject_id=str(request.pk)).order_by("id")
    assert [move.target for move in moves] == [State.ASKED, State.APPROVED]


def test_all_requests_about_a_thing_are_found_the_newest_first() -> None:
    about = alert()
    first = decide(asked(about).pk, approve=False)
    second = asked(about)
    asked(alert())

    found = selectors.about(Alert.objects.get(pk=about.pk))
    assert [request.pk for request in found] == [second.pk, first.pk]
