"""Who acts, as the kernel knows people: by an opaque id and a name to write down."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Actor:
    """A person who does something, most often a member of staff."""

    id: UUID
    name: str
