"""Sending a code and checking it. Nothing here depends on whether the number has an account."""

import hmac
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from nannychain import keyed, notifications
from nannychain.errors import Invalid
from nannychain.language import known as known_language
from nannychain.phone import parse as parse_phone
from nannychain.transactions import required
from workers.identity.codes import limits, messages
from workers.identity.codes.models import Code
from workers.identity.codes.purposes import Purpose

DIGITS = 6
LIFETIME = timedelta(minutes=5)
TRIES = 5

# The try is counted before anybody knows whether it is right, under the lock of the row.
_TRY = """
    UPDATE workers_code SET tries_left = tries_left - 1
     WHERE phone = %s AND purpose = %s AND used_at IS NULL AND tries_left > 0 AND expires_at > %s
    RETURNING digest
"""


class Refused(Invalid):
    """A code that is wrong, too old, used, tried too often or was never sent: all the same."""

    code = "code.refused"
    message = _("That code is wrong or too old. Ask for a new one.")


@sensitive_variables()
def send(phone: str, *, purpose: Purpose, language: str, address: str = "") -> None:
    """Queue an SMS with a new code to the phone; the code before it for that purpose is dead.

    The phone may come in any usual spelling. `address` is the client's, where it comes over the
    internet: both are limited. May be part of the caller's transaction. Raises InvalidPhone and
    TooOften.
    """
    number = parse_phone(phone)
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    spoken = known_language(language)
    with transaction.atomic():
        limits.take_sending(phone=number, address=address)
        _store(number, purpose=purpose, digits=digits)
        notifications.queue(
            phone=number,
            kind="code",
            language=spoken,
            text=messages.code(digits, purpose=purpose, language=spoken),
        )


@sensitive_variables()
def check(phone: str, *, purpose: Purpose, code: str, address: str = "") -> None:
    """Use the code up; raise Refused where it isn't the one, InvalidPhone and TooOften.

    In a transaction of its own, and never within the caller's: a try that was rolled back would be
    no try. Whoever has to act in the same transaction calls `matches`.
    """
    with transaction.atomic(durable=True):
        is_right = matches(phone, purpose=purpose, code=code, address=address)
    if not is_right:
        raise Refused


@sensitive_variables()
@required
def matches(phone: str, *, purpose: Purpose, code: str, address: str = "") -> bool:
    """Tell whether this is the code, and use it up if so.

    Within the caller's transaction, which must be committed whatever the answer: a wrong try is
    counted by it. The same statements run whether or not a code is there. Raises InvalidPhone and
    TooOften.
    """
    number = parse_phone(phone)
    limits.take_try(phone=number, address=address)
    with connection.cursor() as cursor:
        cursor.execute(_TRY, [number, purpose, timezone.now()])
        row = cursor.fetchone()
    given = _digest(number, purpose=purpose, digits="".join(code.split()))
    if not hmac.compare_digest(given, bytes(row[0]) if row else bytes(len(given))):
        return False
    Code.objects.filter(phone=number, purpose=purpose).update(used_at=timezone.now())
    limits.give_back_try(phone=number, address=address)
    return True


def was_used(phone: str, *, purpose: Purpose) -> bool:
    """Tell whether a code for that purpose was used up within its lifetime, and not long ago."""
    return Code.objects.filter(
        phone=parse_phone(phone),
        purpose=purpose,
        used_at__gt=timezone.now() - LIFETIME,
    ).exists()


def waiting(phone: str, *, purposes: Collection[Purpose]) -> Purpose | None:
    """Return for which of these a code was sent last that can still be entered, or None."""
    found = Code.objects.filter(
        phone=parse_phone(phone),
        purpose__in=purposes,
        used_at__isnull=True,
        tries_left__gt=0,
        expires_at__gt=timezone.now(),
    ).order_by("-sent_at")
    purpose = found.values_list("purpose", flat=True).first()
    return Purpose(purpose) if purpose else None


def forget_old() -> int:
    """Delete codes whose time is over, and old counts; return how many codes."""
    limits.forget_old()
    return Code.objects.filter(expires_at__lte=timezone.now()).delete()[0]


@sensitive_variables()
def _store(number: str, *, purpose: Purpose, digits: str) -> None:
    instant = timezone.now()
    row = Code(
        phone=number,
        purpose=purpose,
        digest=_digest(number, purpose=purpose, digits=digits),
        sent_at=instant,
        expires_at=instant + LIFETIME,
        tries_left=TRIES,
        used_at=None,
    )
    Code.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["phone", "purpose"],
        update_fields=["digest", "sent_at", "expires_at", "tries_left", "used_at"],
    )


@sensitive_variables()
def _digest(number: str, *, purpose: Purpose, digits: str) -> bytes:
    return keyed.peppered("code", number, purpose, digits)
