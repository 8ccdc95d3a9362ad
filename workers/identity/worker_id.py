"""Worker IDs: `NW-` and eight characters that can be read out over a bad line."""

from nannychain import ids

PREFIX = "NW"
LENGTH = 8


def new() -> str:
    """Return a random Worker ID; whether it is free, the database tells."""
    return ids.new_code(prefix=PREFIX, length=LENGTH)


def parse(text: str) -> str:
    """Return the Worker ID from any usual spelling; raise ids.InvalidCode for anything else."""
    return ids.parse_code(text, prefix=PREFIX, length=LENGTH)
