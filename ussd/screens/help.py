"""Help: whom to call, and what nobody should ever be told."""

from django.conf import settings
from django.utils.translation import gettext as _

from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Example, Show, flow

_HELP_LINE_LENGTH_MAX = 20


def prompt(visit: Visit) -> str:
    """Tell the help line and the one rule that protects everybody."""
    line = text.Value(visit.frozen, _HELP_LINE_LENGTH_MAX)
    call = text.fill(_("Call customer care: {phone}"), phone=line)
    rule = _("Nobody from NannyChain will ever ask for your PIN.")
    return f"{call}\n{rule}" if visit.frozen else rule


FLOW = flow(
    "help",
    Show(
        prompt=prompt,
        look=lambda _: str(settings.HELP_LINE),
        example=Example(frozen="0800 000 000"),
    ),
)
