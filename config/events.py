"""When X, then Y: the one place where news from below meets those who react above."""

from nannychain import events

REACTIONS: dict[str, tuple[events.Reaction, ...]] = {}


def connect() -> None:
    """Register the table."""
    events.register(REACTIONS)
