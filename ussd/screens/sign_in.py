"""Sign in: tells the Worker ID of one's number, or that there is no account.

To a number that is nobody's yet, a member may be on her way: then the code is asked for.
"""

from django.utils.translation import gettext as _

from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Ask, Keys, flow
from ussd.engine.steps import Call, Finish, Go, Step
from ussd.screens import own_number, take_phone
from workers.identity.codes.purposes import Purpose
from workers.identity.phone_changes import selectors
from workers.identity.selectors import Caller, caller_by_phone


def prompt(visit: Visit) -> str:
    """Ask for the number."""
    return own_number.short(visit)


def keys(visit: Visit) -> Keys:
    """Offer the caller's own number."""
    return own_number.offer(visit, step=_own(visit))


def read(visit: Visit, typed: str) -> Step:
    """Tell the Worker ID of the caller's own number; send a code to another."""
    return own_number.read(visit, typed, own=_own(visit), purpose=Purpose.PROVE_PHONE)


def _own(visit: Visit) -> Step:
    if visit.caller is not None:
        return _told(visit, visit.caller)

    def look() -> Step:
        is_on_her_way = selectors.waiting_for(visit.hop.phone) is not None
        return Go(take_phone.FLOW.name) if is_on_her_way else _told(visit, None)

    return Call(look)


def _told(visit: Visit, member: Caller | None) -> Finish:
    if member is None:
        none = _("You have no account yet. Dial {code} to create one.")
        return Finish(text.fill(none, code=text.Value(visit.hop.service_code, 40)))
    worker_id = text.worker_id(member.worker_id)
    return Finish(text.fill(_("Your Worker ID: {worker_id}"), worker_id=worker_id))


FLOW = flow(
    "sign_in",
    Ask(prompt=prompt, keys=keys, read=read),
    code=own_number.code_screen(
        purpose=Purpose.PROVE_PHONE,
        then=lambda visit, number: _told(visit, caller_by_phone(number)),
    ),
)
