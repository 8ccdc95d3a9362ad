"""PIN tokens: the PIN was right, for one operation of one session, for five minutes, once."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from nannychain.errors import Forbidden
from workers.identity.tokens import secret_texts
from workers.identity.tokens.models import PinToken, Session

LIFETIME = timedelta(minutes=5)


class PinTokenRefused(Forbidden):
    """A PIN token that is unknown, used, too old, or of another session or operation."""

    code = "pin_token.refused"
    message = _("Enter your PIN again to confirm this.")


@sensitive_variables()
def issue_pin_token(session: Session, *, operation: str) -> str:
    """Return a PIN token for that session and operation. The caller has just verified the PIN."""
    text = secret_texts.new(secret_texts.PIN)
    PinToken.objects.create(
        session=session,
        digest=_digest(text),
        operation=operation,
        expires_at=timezone.now() + LIFETIME,
    )
    return text


@sensitive_variables()
def check_pin_token(session: Session, *, token: str, operation: str) -> None:
    """Use the PIN token up; raise PinTokenRefused. One statement, which one of many callers wins.

    Called in the transaction of the operation, so that a token is not lost with what failed.
    """
    instant = timezone.now()
    good = PinToken.objects.filter(
        digest=_digest(token),
        session=session,
        session__closed_at__isnull=True,
        operation=operation,
        used_at__isnull=True,
        expires_at__gt=instant,
    )
    if good.update(used_at=instant) != 1:
        raise PinTokenRefused


@sensitive_variables()
def _digest(text: str) -> bytes:
    return secret_texts.digest(secret_texts.PIN, text)
