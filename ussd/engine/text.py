"""What fits on the plainest phone: 160 characters of the GSM alphabet, and of ASCII at that."""

from nannychain import gsm

SEPTETS_MAX = 160


def plain(text: str) -> str:
    """Return the text in ASCII: accents dropped, quotes and dashes plain, the rest as `?`."""
    return "".join(mark if mark.isascii() else "?" for mark in gsm.plain(text))


def cut(value: str, *, length: int) -> str:
    """Return a value (a name, say) in ASCII and no longer than `length`."""
    shown = " ".join(plain(value).split())
    return shown if len(shown) <= length else shown[: length - 2].rstrip() + ".."


def fits(text: str) -> bool:
    """Tell whether one screen holds the text."""
    return text.isascii() and gsm.is_gsm(text) and gsm.septets(text) <= SEPTETS_MAX
