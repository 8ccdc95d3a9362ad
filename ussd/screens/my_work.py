"""My work: who she is for an employer, and how she is paid by one who has no account here."""

from django.conf import settings
from django.utils.translation import gettext as _

from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Show, flow
from ussd.screens.account import EXAMPLE
from workers.identity import selectors

_PAYBILL_LENGTH_MAX = 7


def prompt(visit: Visit) -> str:
    """Show Worker ID, since when, that no job is recorded, and how an employer pays."""
    lines = [
        text.fill(
            _("{worker_id}, member since {date}"),
            worker_id=text.worker_id(visit.frozen.worker_id),
            date=text.date(visit.frozen.joined_at),
        ),
        _("No job is recorded here yet."),
        how_to_pay(visit) if settings.MPESA_SHORTCODE else "",
    ]
    return "\n".join(line for line in lines if line)


def how_to_pay(visit: Visit) -> str:
    """Say how anybody pays the caller from a phone with M-Pesa."""
    return text.fill(
        _("Your employer pays by M-Pesa: Paybill {paybill}, account {worker_id}"),
        paybill=text.Value(settings.MPESA_SHORTCODE, _PAYBILL_LENGTH_MAX),
        worker_id=text.worker_id(visit.caller.worker_id),
    )


FLOW = flow(
    "my_work",
    Show(
        prompt=prompt,
        look=lambda visit: selectors.profile(visit.caller.member_id),
        example=EXAMPLE,
    ),
)
