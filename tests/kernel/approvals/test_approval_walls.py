"""What PostgreSQL keeps of four eyes, whoever writes: by SQL, or twice at once."""

import pytest
from django.db import DatabaseError, connection, transaction

from nannychain.actors import Actor
from nannychain.alerts.models import Alert
from nannychain.approvals import services
from nannychain.approvals.models import ApprovalRequest
from nannychain.approvals.states import State
from nannychain.audit.models import AuditEntry
from nannychain.ids import new_id
from tests.factories.threads import at_once
from tests.kernel.approvals.samples import ASKER, alert, asked, decide, is_closed

_DECIDED = "decided_at = now(), decider = 'x', decision_reason = 'x'"


def _write(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        f"state = 'APPROVED', decided_by = asked_by, {_DECIDED}",
        f"state = 'REFUSED', decided_by = asked_by, {_DECIDED}",
        f"state = 'WITHDRAWN', decided_by = gen_random_uuid(), {_DECIDED}",
        "state = 'APPROVED'",
        "state = 'APPROVED', decided_by = gen_random_uuid(), decider = 'x', decided_at = now()",
        "decided_by = gen_random_uuid()",
        "payload = '{\"amount_cents\": 1}'",
        "subject_id = '7'",
        "kind = 'test.fail'",
        "asked_by = gen_random_uuid()",
        "reason = 'another'",
        "expires_at = now() + interval '1 year'",
    ],
)
def test_no_statement_gets_round_the_second_person(change: str) -> None:
    request = asked()
    with pytest.raises(DatabaseError):
        _write(f"UPDATE nannychain_approvalrequest SET {change}")
    request.refresh_from_db()
    assert request.state == State.ASKED


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE nannychain_approvalrequest SET state = 'ASKED', decided_by = NULL, decider = '',"
        " decided_at = NULL, decision_reason = ''",
        "UPDATE nannychain_approvalrequest SET decision_reason = 'another'",
        "DELETE FROM nannychain_approvalrequest",
    ],
)
def test_a_decision_stays(statement: str) -> None:
    request = decide(asked().pk, approve=False)
    with pytest.raises(DatabaseError):
        _write(statement)
    request.refresh_from_db()
    assert (request.state, request.decision_reason) == (State.REFUSED, "Looked at it")


@pytest.mark.django_db
def test_no_request_is_born_decided() -> None:
    row = asked()
    for name, value in {
        "pk": new_id(),
        "kind": "test.other",
        "state": State.APPROVED,
        "decided_by": new_id(),
        "decider": "x",
        "decided_at": row.asked_at,
        "decision_reason": "x",
    }.items():
        setattr(row, name, value)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_decide_at_once_one_carries_it_out() -> None:
    request = asked()

    def approve() -> bool:
        try:
            decide(request.pk, by=Actor(new_id(), "NW-ONE"))
        except services.AlreadyDecided:
            return False
        return True

    assert sorted(at_once(approve, times=12)) == [False] * 11 + [True]
    assert is_closed(request)
    assert AuditEntry.objects.filter(action="alert.closed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_approval_and_withdrawal_at_once_exclude_each_other() -> None:
    for _ in range(5):
        request, turn = asked(), iter(range(2))

        def act(request: ApprovalRequest = request, turn: object = turn) -> str:
            is_first = next(turn) == 0  # type: ignore[call-overload]
            try:
                if is_first:
                    decide(request.pk)
                    return "approved"
                services.withdraw(request.pk, by=ASKER, reason="No need")
            except services.AlreadyDecided:
                return "too late"
            return "withdrawn"

        outcomes = set(at_once(act, times=2, threads=2))
        assert "too late" in outcomes
        assert is_closed(request) == ("approved" in outcomes)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_has_asked() -> None:
    about: Alert = alert()

    def ask() -> bool:
        try:
            asked(about)
        except services.AlreadyAsked:
            return False
        return True

    assert sum(at_once(ask, times=12)) == 1
    assert ApprovalRequest.objects.count() == 1
