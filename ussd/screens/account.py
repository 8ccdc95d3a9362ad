"""My account: who one is here."""

from datetime import UTC, datetime

from django.utils.translation import gettext as _

from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Example, Show, flow
from workers.identity import selectors


def prompt(visit: Visit) -> str:
    """Show name, Worker ID, phone and since when."""
    profile = visit.frozen
    lines = [
        str(text.name(profile.name)) if profile.name else "",
        text.fill(_("Worker ID: {worker_id}"), worker_id=text.worker_id(profile.worker_id)),
        text.fill(_("Phone: {phone}"), phone=text.phone_number(profile.phone)),
        text.fill(_("Member since {date}"), date=text.date(profile.joined_at)),
    ]
    return "\n".join(line for line in lines if line)


EXAMPLE = Example(
    frozen=selectors.Profile(
        worker_id="NW-7K2Q9X4M",
        phone="+254712345678",
        name="Achieng Wanjiku Otieno",
        joined_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
    )
)
FLOW = flow(
    "account",
    Show(
        prompt=prompt,
        look=lambda visit: selectors.profile(visit.caller.member_id),
        example=EXAMPLE,
    ),
)
