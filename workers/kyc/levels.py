"""The levels, from the least known up."""

from enum import IntEnum


class Level(IntEnum):
    """How well a member is known. Source: our own design; the law leaves the ladder to us."""

    PHONE = 0  # a proved phone and a name
    ID_NUMBER = 1  # a national ID number that fits the name
    ID_CHECKED = 2  # the document was seen, or the register asked


WORDS = {
    Level.PHONE: "known by phone",
    Level.ID_NUMBER: "known by ID number",
    Level.ID_CHECKED: "ID checked",
}
