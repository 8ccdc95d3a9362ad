"""The first screen of a stranger, and the way to the other language."""

from django.conf import settings
from django.utils.translation import gettext as _

from ussd.engine.hop import Visit
from ussd.engine.screens import BACK_KEY, Keys, Menu, flow
from ussd.engine.steps import Back, Home

OTHER_LANGUAGE_KEY = "4"


def prompt(visit: Visit) -> str:  # noqa: ARG001
    """Greet a caller whom we don't know."""
    return _("Welcome to NannyChain")


def other_language(visit: Visit) -> Keys:
    """Offer the language that is not spoken now, under its own name."""
    code, name = next(pair for pair in settings.LANGUAGES if pair[0] != visit.language)
    return {OTHER_LANGUAGE_KEY: (str(name), Home(language=code))}


FLOW = flow("welcome", Menu(prompt=prompt, keys=other_language, aliases={BACK_KEY: Back()}))
