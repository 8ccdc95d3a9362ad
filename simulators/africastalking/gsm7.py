"""How long a text is on the air: GSM 03.38 septets, and the parts that an SMS is billed by."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_SEPTETS_SINGLE, _SEPTETS_PART = 160, 153
_UNITS_SINGLE, _UNITS_PART = 70, 67


def septets(text: str) -> int | None:
    """Return the text's length in septets; None when it is not GSM-7 and goes as UCS-2."""
    if not set(text) <= _BASIC | _EXTENDED:
        return None
    return sum(2 if character in _EXTENDED else 1 for character in text)


def parts(text: str) -> int:
    """Return in how many parts an SMS goes; an empty text goes as one."""
    length = septets(text)
    single, part = _SEPTETS_SINGLE, _SEPTETS_PART
    if length is None:
        length = len(text.encode("utf-16-be", "surrogatepass")) // 2
        single, part = _UNITS_SINGLE, _UNITS_PART
    return 1 if length <= single else -(-length // part)
