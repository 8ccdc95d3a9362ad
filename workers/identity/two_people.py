"""What two members of staff do together: a new PIN, letting a number go, forgetting a device.

The table of all such acts is `config/approvals.py`; who asks and who decides stands there too.
Neither of the two may be the person whom it is about.
"""

from uuid import UUID

from nannychain.actors import Actor
from nannychain.approvals.kinds import Kind
from nannychain.approvals.models import ApprovalRequest
from workers.identity.acts import refuse_own
from workers.identity.phone_changes import services as phone_changes
from workers.identity.pins import services as pins
from workers.identity.second_factor import services as second_factor


def _reset_pin(request: ApprovalRequest) -> None:
    member_id, by = _agreed(request)
    pins.reset(member_id, by=by, reason=request.reason)


def _release_phone(request: ApprovalRequest) -> None:
    member_id, by = _agreed(request)
    new_phone = request.payload["new_phone"]
    phone_changes.release(member_id, new_phone=new_phone, by=by, reason=request.reason)


def _forget_device(request: ApprovalRequest) -> None:
    member_id, by = _agreed(request)
    second_factor.reset(member_id, by=by, reason=request.reason, channel="admin")


def _agreed(request: ApprovalRequest) -> tuple[UUID, Actor]:
    """Return whom it is about and who decided; raise OwnAccount where one of the two is that."""
    if request.decided_by is None:
        raise TypeError
    asker = Actor(id=request.asked_by, name=request.asker)
    decider = Actor(id=request.decided_by, name=request.decider)
    member_id = UUID(request.subject_id)
    for person in (asker, decider):
        refuse_own(member_id, by=person)
    return member_id, decider


RESET_PIN = Kind(
    code="member.reset_pin",
    words="reset the PIN",
    asking="workers.ask_pin_reset",
    permission="workers.reset_pin",
    carry_out=_reset_pin,
)
RELEASE_PHONE = Kind(
    code="member.release_phone",
    words="let the number go",
    asking="workers.ask_phone_release",
    permission="workers.release_phone",
    carry_out=_release_phone,
    payload=frozenset({"new_phone"}),
)
FORGET_DEVICE = Kind(
    code="staff.forget_device",
    words="forget the device",
    asking="workers.ask_device_reset",
    permission="workers.decide_device_reset",
    carry_out=_forget_device,
)
KINDS = (RESET_PIN, RELEASE_PHONE, FORGET_DEVICE)
