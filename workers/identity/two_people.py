"""What two members of staff do together for a member: a new PIN, and letting a number go.

The table of all such acts is `config/approvals.py`; who asks and who decides stands there too.
"""

from uuid import UUID

from nannychain.actors import Actor
from nannychain.approvals.kinds import Kind
from nannychain.approvals.models import ApprovalRequest
from workers.identity.phone_changes import services as phone_changes
from workers.identity.pins import services as pins


def _reset_pin(request: ApprovalRequest) -> None:
    pins.reset(UUID(request.subject_id), by=_decider(request), reason=request.reason)


def _release_phone(request: ApprovalRequest) -> None:
    phone_changes.release(
        UUID(request.subject_id),
        new_phone=request.payload["new_phone"],
        by=_decider(request),
        reason=request.reason,
    )


def _decider(request: ApprovalRequest) -> Actor:
    if request.decided_by is None:
        raise TypeError
    return Actor(id=request.decided_by, name=request.decider)


RESET_PIN = Kind(
    code="member.reset_pin",
    words="reset the PIN",
    permission="workers.reset_pin",
    carry_out=_reset_pin,
)
RELEASE_PHONE = Kind(
    code="member.release_phone",
    words="let the number go",
    permission="workers.release_phone",
    carry_out=_release_phone,
    payload=frozenset({"new_phone"}),
)
KINDS = (RESET_PIN, RELEASE_PHONE)
