"""Opt-outs: the person told the network to stop what comes from one of our senders."""

from collections.abc import Mapping

from django.utils import timezone

from nannychain import clock, events, inbox
from nannychain.notifications.models import OptOut
from nannychain.phone import InvalidPhone
from nannychain.phone import parse as parse_phone
from nannychain.transactions import required

DAY = "receivedOn"


def receive(form: Mapping[str, str]) -> None:
    """Store one opt-out.

    It has neither an id nor a date. With the day of receipt, a repetition on the same day is a
    double, and the same wish next month is not.
    """
    day = clock.nairobi_date(timezone.now()).isoformat()
    inbox.receive(SOURCE, body={**form, DAY: day})


@required
def handle(body: Mapping[str, str]) -> str:
    """Keep the opt-out and publish `sms.opted_out`; return what it came to."""
    try:
        phone = parse_phone(body.get("phoneNumber", ""))
    except InvalidPhone:
        return "no Kenyan mobile number"
    sender_id = body.get("senderId", "").strip()[:40]
    OptOut.objects.create(sender_id=sender_id, phone=phone)
    events.publish("sms.opted_out", phone=phone, sender_id=sender_id)
    return "opted out"


SOURCE = inbox.Source(name="africastalking.optout", redact=frozenset(), handle=handle)
