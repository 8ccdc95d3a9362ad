"""Writing the audit trail."""

from typing import Any
from uuid import UUID

from django.db import models

from nannychain.audit.models import AuditEntry
from nannychain.logs import context
from nannychain.transactions import required

SYSTEM = "system"


@required
def record(
    action: str,
    *,
    subject: models.Model,
    actor_id: UUID | None = None,
    actor: str = SYSTEM,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    channel: str = "",
) -> None:
    """Write that `actor` did `action` (dotted, past tense) to `subject`.

    Values must be JSON and free of secrets; phones are masked by the caller where the subject
    isn't the owner of the number. The request id and client address come from the log context.
    Must be called in the transaction of the change, so that neither stands without the other.
    """
    AuditEntry.objects.create(
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        actor_id=actor_id,
        actor=actor[:80],
        before=before or {},
        after=after or {},
        reason=reason[:200],
        channel=channel,
        address=context.client_address(),
        request_id=context.request_id(),
    )
