"""Texts as SMS and USSD carry them: made plain, and how much room they take.

Who decides what fits where (a screen, an SMS) does so elsewhere.
Source: 3GPP TS 23.038 (the GSM-7 alphabet) and 23.040 (long messages).
"""

import unicodedata

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")  # an escape comes before each: two septets
_SEPTETS_ALONE, _SEPTETS_IN_PART = 160, 153
_UCS2_ALONE, _UCS2_IN_PART = 70, 67  # in units of 16 bits

_PLAIN = {
    ord(fancy): plain
    for fancies, plain in (
        ("\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}`\N{ACUTE ACCENT}", "'"),
        ("\N{SINGLE LOW-9 QUOTATION MARK}\N{PRIME}\N{MODIFIER LETTER APOSTROPHE}", "'"),
        ("\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}", '"'),
        ("\N{DOUBLE LOW-9 QUOTATION MARK}\N{DOUBLE PRIME}", '"'),
        ("\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}", '"'),
        ("\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}", '"'),
        ("\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{EM DASH}", "-"),
        ("\N{MINUS SIGN}\N{HORIZONTAL BAR}", "-"),
        ("\N{BULLET}\N{MIDDLE DOT}", "*"),
        ("\N{FRACTION SLASH}", "/"),
        ("\N{MULTIPLICATION SIGN}", "x"),
        ("\N{RIGHTWARDS ARROW}", "->"),
    )
    for fancy in fancies
}


def plain(text: str) -> str:
    """Return the text with quotes, dashes and accents made plain, and without control characters.

    What has no plain form (another script, an emoji) stays, and makes the whole text dearer: 70
    characters a part in place of 160.
    """
    letters: list[str] = []
    for character in unicodedata.normalize("NFC", text.replace("\r\n", "\n")).translate(_PLAIN):
        if unicodedata.combining(character) and letters and letters[-1].isascii():
            continue
        letters.append(_plain_letter(character))
    return "".join(letters).strip()


def _plain_letter(character: str) -> str:
    if character == "\n":
        return character
    if not character.isprintable():
        return " " if character.isspace() else ""
    decomposed = unicodedata.normalize("NFKD", character).translate(_PLAIN)
    bare = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return bare if bare and bare.isascii() else character


def is_gsm(text: str) -> bool:
    """Tell whether the GSM-7 alphabet has every character of the text."""
    return all(character in _BASIC or character in _EXTENSION for character in text)


def septets(text: str) -> int:
    """Return how many septets a text of the GSM-7 alphabet takes; some characters take two."""
    return sum(_septets_of_each(text))


def parts(text: str) -> int:
    """Return how many SMS the text takes; each is paid for."""
    if is_gsm(text):
        return _packed(_septets_of_each(text), alone=_SEPTETS_ALONE, in_part=_SEPTETS_IN_PART)
    sizes = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return _packed(sizes, alone=_UCS2_ALONE, in_part=_UCS2_IN_PART)


def _septets_of_each(text: str) -> list[int]:
    return [2 if character in _EXTENSION else 1 for character in text]


def _packed(sizes: list[int], *, alone: int, in_part: int) -> int:
    """Return the number of parts; a character of two units is never split between two."""
    if sum(sizes) <= alone:
        return 1
    count, filled = 1, 0
    for size in sizes:
        if filled + size > in_part:
            count, filled = count + 1, 0
        filled += size
    return count
