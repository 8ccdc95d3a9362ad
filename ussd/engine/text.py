"""What fits on the plainest phone: 160 characters of the GSM alphabet, and of ASCII at that."""

import unicodedata

SEPTETS_MAX = 160
_EXTENDED = frozenset("^{}\\[~]|")
_NOT_GSM = frozenset("`\t")
_PLAIN = str.maketrans(
    {"\N{LEFT SINGLE QUOTATION MARK}": "'", "\N{RIGHT SINGLE QUOTATION MARK}": "'",
     "\N{LEFT DOUBLE QUOTATION MARK}": '"', "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
     "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{HORIZONTAL ELLIPSIS}": "...",
     "\N{NO-BREAK SPACE}": " ", "`": "'", "\t": " "}
)  # fmt: skip


class ScreenTooLong(ValueError):
    """A screen that would not fit; tests find it before a caller does."""


def septets(text: str) -> int:
    """Return how many septets the text takes in GSM-7 (3GPP TS 23.038); some marks take two."""
    return sum(2 if character in _EXTENDED else 1 for character in text)


def plain(text: str) -> str:
    """Return the text in ASCII: accents dropped, quotes and dashes plain, the rest as `?`."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    bare = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return "".join(
        mark if mark == "\n" or (mark.isascii() and mark.isprintable()) else "?" for mark in bare
    )


def cut(value: str, *, length: int) -> str:
    """Return a value (a name, say) in ASCII and no longer than `length`."""
    shown = " ".join(plain(value).split())
    return shown if len(shown) <= length else shown[: length - 2].rstrip() + ".."


def fits(text: str) -> bool:
    """Tell whether one screen holds the text."""
    return text.isascii() and not set(text) & _NOT_GSM and septets(text) <= SEPTETS_MAX
