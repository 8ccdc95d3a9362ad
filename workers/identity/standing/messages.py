"""SMS about one's standing."""

from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext as _

from nannychain.language import speaking
from workers.identity.standing.states import State


def frozen(*, language: str) -> str:
    """Return the text when staff stop what leaves."""
    with speaking(language):
        return _(
            "NannyChain: your account is on hold. You can receive money, but not send it. "
            "Your money is safe. Call {help_line}."
        ).format(help_line=settings.HELP_LINE)


def unfrozen(*, language: str) -> str:
    """Return the text when money may leave again."""
    with speaking(language):
        return _("NannyChain: your account works again. You can send money. Thank you for waiting.")


TEXTS: dict[str, Callable[..., str]] = {State.FROZEN: frozen, State.OPEN: unfrozen}
