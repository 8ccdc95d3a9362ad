"""Delivery reports and opt-outs: the forms that Africa's Talking posts to the product.

Fields and their order are as recorded; `failureReason` comes with failures only.
"""

from simulators.africastalking.fates import Fate
from simulators.faults import Kind
from simulators.outgoing import encode
from simulators.phones import network_of
from simulators.world import World

FAULTS = (
    Kind("duplicate", "the delivery report comes twice"),
    Kind("out_of_order", "the final report comes before the answer, an interim one after it"),
    Kind("no_report", "no delivery report comes"),
    Kind("undelivered", "the message does not arrive; the report says Failed"),
)
_REPORTS = "SMS_REPORTS_URL"
_OPTOUT = "SMS_OPTOUT_URL"
_INTERIM = Fate("Sent")


def report(world: World, *, target: str, id: str, phone: str, fate: Fate) -> None:
    """Report what became of a message, now or soon, as the faults want it."""

    def strikes(kind: str) -> bool:
        return world.faults.take(target=target, kind=kind, phones=[phone]) is not None

    if strikes("no_report"):
        return
    wait = world.settings.sms_report_seconds
    final = _form(id=id, phone=phone, fate=fate)
    if strikes("out_of_order"):
        if not world.posting.post_now(setting=_REPORTS, body=final):
            world.posting.schedule(setting=_REPORTS, body=final)
        interim = _form(id=id, phone=phone, fate=_INTERIM)
        world.posting.schedule(setting=_REPORTS, body=interim, delay_seconds=wait)
        return
    for _ in range(2 if strikes("duplicate") else 1):
        world.posting.schedule(setting=_REPORTS, body=final, delay_seconds=wait)


def tell_opt_out(world: World, *, phone: str, sender: str) -> None:
    """Tell the product that this phone wants no more messages from this sender."""
    body = encode({"senderId": sender, "phoneNumber": phone})
    world.posting.schedule(setting=_OPTOUT, body=body)


def _form(*, id: str, phone: str, fate: Fate) -> str:
    reason = {"failureReason": fate.reason} if fate.reason else {}
    return encode(
        {
            "phoneNumber": phone,
            **reason,
            "retryCount": "0",
            "id": id,
            "status": fate.status,
            "networkCode": network_of(phone).code,
        }
    )
