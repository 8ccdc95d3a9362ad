"""My account: who one is here."""

from django.utils.translation import gettext as _

from nannychain import phone
from nannychain.clock import nairobi_date
from ussd.engine.hop import Visit
from ussd.engine.text import cut

NAME_LENGTH_MAX = 40


def prompt(visit: Visit) -> str:
    """Show name, Worker ID, phone and since when."""
    lines = [
        cut(visit.caller.name, length=NAME_LENGTH_MAX),
        _("Worker ID: {worker_id}").format(worker_id=visit.caller.worker_id),
        _("Phone: {phone}").format(phone=phone.national(visit.caller.phone)),
        _("Member since {date}").format(
            date=nairobi_date(visit.caller.joined_at).strftime("%d/%m/%Y")
        ),
    ]
    return "\n".join(line for line in lines if line)
