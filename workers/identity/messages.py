"""SMS texts about one's account. Each fits one SMS of 160 characters in every language."""

from django.conf import settings
from django.utils.translation import gettext as _

from nannychain.language import speaking
from workers.identity import terms


def welcome(*, worker_id: str, language: str) -> str:
    """Return the text that greets a new member: Worker ID, the code, where the terms are."""
    with speaking(language):
        return _(
            "Welcome to NannyChain. Your Worker ID is {worker_id}. Dial {code} any time. "
            "Terms: {link}"
        ).format(
            worker_id=worker_id,
            code=settings.USSD_SERVICE_CODE,
            link=settings.PUBLIC_BASE_URL + terms.PATH,
        )
