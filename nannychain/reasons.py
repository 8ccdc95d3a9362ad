"""Why somebody did something: one line that is kept with the act."""

from nannychain.errors import Invalid

LENGTH_MAX = 200


class InvalidReason(Invalid):
    """No reason, one that is too long, or one with characters that nobody sees."""

    code = "reasons.invalid"
    message = f"Say why, in one line of up to {LENGTH_MAX} characters."


def clean(text: str) -> str:
    """Return the reason with single spaces, as it is stored; raise InvalidReason."""
    words = " ".join(text.split())
    if not 0 < len(words) <= LENGTH_MAX or not words.isprintable():
        raise InvalidReason
    return words
