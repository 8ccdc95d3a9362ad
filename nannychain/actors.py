"""Who acts, as the kernel knows people: by an opaque id and a name to write down."""

import getpass
from dataclasses import dataclass
from uuid import UUID

_NOBODY = UUID(int=0)  # whoever can run commands needs no account with us


@dataclass(frozen=True)
class Actor:
    """A person who does something, most often a member of staff."""

    id: UUID
    name: str


def of_command() -> Actor:
    """Return who runs this command, by the name that the machine has for him."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        name = "somebody"
    return Actor(_NOBODY, f"{name} (command)")
