"""Account references: what stands on the prompt, and what the paybill echoes of it.

One for each deposit, so that an echo finds it. M-Pesa takes up to 12 letters and digits.
"""

from nannychain import ids

_PREFIX = "D"
_LENGTH = 10
LENGTH = len(_PREFIX) + _LENGTH


def new() -> str:
    """Return a reference: D and ten readable characters, the last of which checks the others."""
    return ids.new_code(prefix=_PREFIX, length=_LENGTH).replace("-", "")


def parse(text: str) -> str | None:
    """Return the reference from any spelling that a payer may type; None where it is none."""
    if not text.strip().upper().startswith(_PREFIX):
        return None
    try:
        return ids.parse_code(text.strip(), prefix=_PREFIX, length=_LENGTH).replace("-", "")
    except ids.InvalidCode:
        return None
