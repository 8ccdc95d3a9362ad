"""Phone numbers as the networks see them: what is a number, and which network serves it.

Not here: the many spellings of people. Everything is E.164 (`+254712345678`).
"""

import re
from typing import NamedTuple

_E164 = re.compile(r"\+(?:254[17][0-9]{8}|(?!254)[1-9][0-9]{8,14})")


class Network(NamedTuple):
    """A network: its code at Africa's Talking, its name, how much a USSD screen of it holds."""

    code: str
    name: str
    screen_longest: int = 160


_SAFARICOM = Network("63902", "Safaricom")
_AIRTEL = Network("63903", "Airtel", 184)
_TELKOM = Network("63907", "Telkom")
_EQUITEL = Network("63999", "Equitel")
_ROAMING = Network("99999", "Roaming")  # the sandbox's code
NETWORKS = (_SAFARICOM, _AIRTEL, _TELKOM, _EQUITEL)
# Numbers port between networks, so a real gateway asks; the range first given out will do here.
_RANGES = (
    (re.compile(r"\+254(?:73|75[0-6]|762|78|10)"), _AIRTEL),
    (re.compile(r"\+25477"), _TELKOM),
    (re.compile(r"\+25476[3-6]"), _EQUITEL),
    (re.compile(r"\+254"), _SAFARICOM),
)


def is_phone(text: str) -> bool:
    """Return whether this is a mobile number in E.164; Kenyan ones are checked for length."""
    return _E164.fullmatch(text) is not None


def network_of(phone: str) -> Network:
    """Return the network that the phone's number was first given out by."""
    return next((network for start, network in _RANGES if start.match(phone)), _ROAMING)
