"""What is reckoned about codes: those of a device, and recovery codes. No database here."""

import hmac
import secrets
import time
from base64 import b32encode
from collections.abc import Iterator
from urllib.parse import quote, urlencode
from uuid import UUID

from django.views.decorators.debug import sensitive_variables
from django_otp.oath import hotp

from nannychain import keyed
from nannychain.ids import ALPHABET

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
_DRIFT_STEPS = 1
_RECOVERY_LENGTH = 10
_LOOKS_LIKE = str.maketrans({"I": "1", "L": "1", "O": "0"})
_ISSUER = "NannyChain"


def new_secret() -> bytes:
    """Return the secret of a new device."""
    return secrets.token_bytes(SECRET_BYTES)


@sensitive_variables()
def spelled(secret: bytes) -> str:
    """Return the secret as people type it into a device: base 32."""
    return b32encode(secret).decode()


@sensitive_variables()
def address(secret: bytes, *, account: str) -> str:
    """Return what the picture for a device says (an `otpauth` address)."""
    label = quote(f"{_ISSUER}:{account}")
    query = {"secret": spelled(secret), "issuer": _ISSUER}
    return f"otpauth://totp/{label}?{urlencode(query)}"


@sensitive_variables()
def at(secret: bytes, step: int) -> str:
    """Return the code of one period."""
    return f"{hotp(secret, step, digits=DIGITS):0{DIGITS}d}"


def now() -> int:
    """Return the present period, counted in 30 seconds from 1970."""
    return int(time.time()) // STEP_SECONDS


@sensitive_variables()
def matching_steps(secret: bytes, code: str) -> Iterator[int]:
    """Yield the periods, of this one and its neighbours, whose code this is."""
    if not is_from_device(code):
        return
    present = now()
    for step in range(present - _DRIFT_STEPS, present + _DRIFT_STEPS + 1):
        if hmac.compare_digest(at(secret, step), code):
            yield step


def is_from_device(code: str) -> bool:
    """Tell whether the text has the form of a device's code."""
    return len(code) == DIGITS and code.isascii() and code.isdigit()


@sensitive_variables()
def new_recovery_code() -> str:
    """Return 50 random bits that people can copy: `XXXXX-XXXXX`."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(_RECOVERY_LENGTH))
    return f"{drawn[:5]}-{drawn[5:]}"


@sensitive_variables()
def recovery_digest(code: str, *, member_id: UUID) -> bytes:
    """Return what is stored of a recovery code, in whatever case and spacing it comes."""
    body = code.upper().replace("-", "").replace(" ", "").translate(_LOOKS_LIKE)
    return keyed.peppered("recovery code", str(member_id), body)
