"""The text of an SMS at rest: plain or sealed, read by the worker alone, wiped once it is useless.

A text that carries a code is sealed for its own row and for nothing else. Nobody but the worker
that sends it opens it; the only other way to it is rotation, which seals it again.
"""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from nannychain.notifications.models import Sms
from nannychain.notifications.states import FINAL, State
from nannychain.sealing import Sealed, seal
from nannychain.sealing.opening import open_sealed
from nannychain.sealing.rotation import Holder

# What a move writes beside the state, where nobody needs the sealed text any more.
WIPED: dict[str, Any] = {"key_id": "", "sealed_text": None}


@sensitive_variables()
def write(sms: Sms, text: str, *, is_secret: bool) -> None:
    """Put the text on the row, in memory: sealed where it is secret."""
    if not is_secret:
        sms.text = text
        return
    sealed = seal(text.encode(), context=_context(sms))
    sms.key_id, sms.sealed_text = sealed.key_id, sealed.ciphertext


@sensitive_variables()
def read(sms: Sms) -> str:
    """Return the text to send; raise KeyUnavailable or SealBroken where it can't be opened."""
    if sms.sealed_text is None:
        return sms.text
    sealed = Sealed(key_id=sms.key_id, ciphertext=bytes(sms.sealed_text))
    return open_sealed(sealed, context=_context(sms)).decode()


@sensitive_variables()
def reseal(sms: Sms) -> None:
    """Put the sealed text on its row, in memory, sealed under the newest key pair."""
    write(sms, read(sms), is_secret=True)


def wipe_useless() -> int:
    """Wipe sealed texts whose time is over, whatever became of the SMS; return how many."""
    over = Q(expires_at__lte=timezone.now()) & ~Q(state__in=(State.QUEUED, State.CLAIMED))
    return _sealed_rows().filter(over | Q(state__in=FINAL)).update(**WIPED)


def _sealed_rows() -> QuerySet[Sms]:
    return Sms.objects.filter(sealed_text__isnull=False)


def _context(sms: Sms) -> str:
    return f"sms:{sms.pk}"


HOLDER = Holder(
    name="SMS with codes", rows=_sealed_rows, reseal=reseal, fields=("key_id", "sealed_text")
)
