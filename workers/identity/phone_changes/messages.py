"""SMS about a change of number, to both of them."""

from django.conf import settings
from django.utils.translation import gettext as _

from nannychain import phone
from nannychain.language import speaking


def asked_by_staff(*, language: str) -> str:
    """Return the text to the old number when staff let it go."""
    with speaking(language):
        return _(
            "NannyChain: you asked us to move your account to another number. "
            "Not you? Call {help_line} at once."
        ).format(help_line=settings.HELP_LINE)


def left(*, new_phone: str, language: str) -> str:
    """Return the text to the old number when it is done."""
    with speaking(language):
        return _(
            "NannyChain: your account has moved from this number to {phone}. "
            "Not you? Call {help_line} at once."
        ).format(phone=phone.mask(new_phone), help_line=settings.HELP_LINE)


def arrived(*, worker_id: str, language: str) -> str:
    """Return the text to the new number when it is done."""
    with speaking(language):
        return _(
            "NannyChain: account {worker_id} now belongs to this number. Your PIN is the same. "
            "For 24 hours only a small amount can leave it."
        ).format(worker_id=worker_id)
