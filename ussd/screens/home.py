"""The first screen of a member: every choice on one page, below the Worker ID."""

from ussd.engine import text
from ussd.engine.hop import Visit
from ussd.engine.screens import Menu, flow


def prompt(visit: Visit) -> str:
    """Tell the Worker ID, which begins with our letters: who gives it out is paid by it."""
    return str(text.worker_id(visit.caller.worker_id))


def short(visit: Visit) -> str:  # noqa: ARG001
    """Leave the ID out below a hint, so that the choices stay on one page where they can."""
    return ""


FLOW = flow("home", Menu(prompt=prompt, short=short))
