"""Differences as a check finds them, and two members of staff who settle one."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from nannychain.actors import Actor
from nannychain.approvals import services as approvals
from nannychain.approvals.models import ApprovalRequest
from nannychain.ids import new_id
from payments.reconciliation.breaks import services as breaks
from payments.reconciliation.breaks.kinds import BreakKind
from payments.reconciliation.breaks.models import Break

ASKER, DECIDER = Actor(new_id(), "Akinyi"), Actor(new_id(), "Barasa")


def found(subject: str = "line:1", cents: int | None = -120_00, **fields: Any) -> breaks.Found:
    """Return a difference; without more it is a line in our books that M-Pesa doesn't list."""
    given: dict[str, Any] = {
        "kind": BreakKind.IN_LEDGER_NOT_STATEMENT,
        "since": timezone.now(),
        "account": "600000 utility",
        **fields,
    }
    return breaks.Found(subject=subject, amount_cents=cents, **given)


def one(source: str = "statement", since: datetime | None = None, **fields: Any) -> Break:
    """Find one."""
    return breaks.find(found(**fields, **({"since": since} if since else {})), source=source)


def ask(kind: str, item: Break, **payload: Any) -> ApprovalRequest:
    """Let one member of staff ask for it, with the amount as it stands."""
    return approvals.ask(
        kind,
        subject_type=item._meta.label_lower,
        subject_id=item.pk,
        payload={"amount_cents": item.amount_cents or 0, **payload},
        by=ASKER,
        reason="seen with Safaricom",
    )


def approve(request: ApprovalRequest) -> None:
    """Let another one agree."""
    approvals.decide(request.pk, by=DECIDER, approve=True, reason="I have seen it too")
