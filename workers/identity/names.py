"""A person's name as another person may see it before money moves."""

from nannychain import phone

_FIRST_LENGTH_MAX = 16


def masked(name: str, *, number: str) -> str:
    """Return first name and the first letter of the last, as in `Achieng O***`.

    Enough to see that it is the right person, too little to learn who has a number. Of who has
    told no name, the end of the phone (`number`, E.164) is shown.
    """
    words = name.split()
    if not words:
        return phone.mask(number)
    first = words[0][:_FIRST_LENGTH_MAX]
    return f"{first} {words[-1][0]}***" if len(words) > 1 else first
