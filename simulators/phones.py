"""Phone numbers as the networks see them: what is a number, and which network serves it.

Not here: the many spellings of people. Everything is E.164 (`+254712345678`).
"""

import re

_E164 = re.compile(r"\+(?:254[17][0-9]{8}|(?!254)[1-9][0-9]{8,14})")
# Numbers port between networks, so a real gateway asks; the range first given out will do here.
_RANGES = (
    (re.compile(r"\+254(?:73|75[0-6]|762|78|10)"), "63903", "Airtel"),
    (re.compile(r"\+25477"), "63907", "Telkom"),
    (re.compile(r"\+25476[3-6]"), "63999", "Equitel"),
    (re.compile(r"\+254"), "63902", "Safaricom"),
)
_SANDBOX = "99999"


def is_phone(text: str) -> bool:
    """Return whether this is a mobile number in E.164; Kenyan ones are checked for length."""
    return _E164.fullmatch(text) is not None


def network_code(phone: str) -> str:
    """Return the code that Africa's Talking gives for the phone's network."""
    return next((code for start, code, _ in _RANGES if start.match(phone)), _SANDBOX)


def network_name(phone: str) -> str:
    """Return the network's name, as a phone shows it."""
    return next((name for start, _, name in _RANGES if start.match(phone)), "Roaming")
