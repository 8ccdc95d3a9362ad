"""Language: every language on offer, under its own name."""

from django.conf import settings
from django.utils.translation import gettext as _

from ussd.engine.hop import Visit
from ussd.engine.screens import Keys, Menu, flow
from ussd.engine.steps import Do, Home
from workers.identity import services as identity


def prompt(visit: Visit) -> str:  # noqa: ARG001
    """Ask for the language."""
    return _("Choose language")


def keys(visit: Visit) -> Keys:
    """Offer the languages, numbered from 1."""
    return {
        str(number): (str(name), _choose(visit, code))
        for number, (code, name) in enumerate(settings.LANGUAGES, start=1)
    }


def _choose(visit: Visit, code: str) -> Do:
    def effect() -> Home:
        identity.choose_language(visit.caller.member_id, language=code, channel="ussd")
        return Home(language=code)

    return Do(effect)


FLOW = flow("language", Menu(prompt=prompt, keys=keys))
