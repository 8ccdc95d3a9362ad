"""What the tests ask for."""

from uuid import UUID

from nannychain import alerts
from nannychain.actors import Actor
from nannychain.alerts.models import Alert
from nannychain.approvals import Kind, services
from nannychain.approvals.models import ApprovalRequest
from nannychain.errors import Conflict
from nannychain.ids import new_id

ASKER, DECIDER = Actor(new_id(), "NW-ASKER"), Actor(new_id(), "NW-DECIDER")


class Hindered(Conflict):
    """The act can't be done."""

    code = "test.hindered"
    message = "Something is in the way."


def close_alert(request: ApprovalRequest) -> None:
    """Close the alert in the name of who decided."""
    assert request.decided_by
    alert_id = int(request.subject_id)
    alerts.close(alert_id=alert_id, by=request.decided_by, name=request.decider)


def fail(request: ApprovalRequest) -> None:
    """Do half of it, and fail."""
    close_alert(request)
    raise Hindered


CLOSE = Kind(
    code="test.close",
    words="close the alert",
    permission="nannychain.change_alert",
    asking="nannychain.view_alert",
    carry_out=close_alert,
    payload=frozenset({"amount_cents", "note", "pin"}),
)
FAIL = Kind(
    code="test.fail",
    words="fail at closing the alert",
    permission="nannychain.change_alert",
    carry_out=fail,
)
KINDS = (CLOSE, FAIL)


def alert() -> Alert:
    """Return an open alert."""
    return Alert.objects.get(pk=alerts.raise_alert(key=f"test.{new_id()}", title="A test"))


def asked(about: Alert | None = None, *, kind: str = CLOSE.code, **how: object) -> ApprovalRequest:
    """Return a request that waits for a decision."""
    given = {"by": ASKER, "reason": "It is over", **how}
    subject = about or alert()
    return services.ask(
        kind,
        subject_type="nannychain.alert",
        subject_id=str(subject.pk),
        **given,  # type: ignore[arg-type]
    )


def is_closed(request: ApprovalRequest) -> bool:
    """Tell whether what was asked for has happened."""
    return Alert.objects.get(pk=request.subject_id).resolved_at is not None


def decide(request_id: UUID, *, approve: bool = True, by: Actor = DECIDER) -> ApprovalRequest:
    """Decide as another person."""
    return services.decide(request_id, by=by, approve=approve, reason="Looked at it")
