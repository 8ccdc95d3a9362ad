"""Help: whom to call, and what nobody should ever be told."""

from django.conf import settings
from django.utils.translation import gettext as _

from ussd.engine.hop import Visit


def prompt(visit: Visit) -> str:  # noqa: ARG001
    """Tell the help line and the one rule that protects everybody."""
    call = _("Call customer care: {phone}").format(phone=settings.HELP_LINE)
    rule = _("Nobody from NannyChain will ever ask for your PIN.")
    return f"{call}\n{rule}" if settings.HELP_LINE else rule
