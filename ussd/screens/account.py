"""My account: who one is here."""

from django.utils.translation import gettext as _

from nannychain import phone
from nannychain.clock import nairobi_date
from ussd.engine.hop import Visit
from ussd.engine.text import cut
from workers.identity import selectors

NAME_LENGTH_MAX = 40


def prompt(visit: Visit) -> str:
    """Show name, Worker ID, phone and since when."""
    profile = selectors.profile(visit.caller.member_id)
    lines = [
        cut(profile.name, length=NAME_LENGTH_MAX),
        _("Worker ID: {worker_id}").format(worker_id=profile.worker_id),
        _("Phone: {phone}").format(phone=phone.national(profile.phone)),
        _("Member since {date}").format(date=nairobi_date(profile.joined_at).strftime("%d/%m/%Y")),
    ]
    return "\n".join(line for line in lines if line)
