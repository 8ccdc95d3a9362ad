"""Everything that takes two people: the one table of what can be asked for and decided about."""

from nannychain.approvals import Kind, kinds

KINDS: tuple[Kind, ...] = ()


def connect() -> None:
    """Register the table."""
    kinds.register(KINDS)
