"""SMS about the PIN. None of them holds one."""

from datetime import datetime

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from nannychain.language import speaking


def locked(*, until: datetime, language: str) -> str:
    """Return the text for wrong tries: until when nothing is taken."""
    with speaking(language):
        return _(
            "NannyChain: a wrong PIN was entered several times. Your PIN is locked until {time}. "
            "Not you? Call {help_line}."
        ).format(time=date_format(localtime(until), "j M H:i"), help_line=settings.HELP_LINE)


def locked_for_good(*, language: str) -> str:
    """Return the text for the last lock, which a reset alone opens."""
    with speaking(language):
        return _(
            "NannyChain: a wrong PIN was entered too often. Your PIN is locked. "
            "Call {help_line} for a new one. Your money is safe."
        ).format(help_line=settings.HELP_LINE)


def chosen(*, language: str) -> str:
    """Return the text after a first PIN."""
    with speaking(language):
        return _(
            "NannyChain: you have chosen a PIN. Don't tell it to anyone. Not you? Call {help_line}."
        ).format(help_line=settings.HELP_LINE)


def changed(*, language: str) -> str:
    """Return the text after a change."""
    with speaking(language):
        return _("NannyChain: your PIN was changed. Not you? Call {help_line} at once.").format(
            help_line=settings.HELP_LINE
        )


def was_reset(*, language: str) -> str:
    """Return the text after a reset."""
    with speaking(language):
        return _(
            "NannyChain: your old PIN is gone. Dial {code} to choose a new one. "
            "Not you? Call {help_line} at once."
        ).format(code=settings.USSD_SERVICE_CODE, help_line=settings.HELP_LINE)
