"""The question whether to go on with a session that was dropped. When it is asked: `dropped`."""

from ussd.engine.hop import Visit
from ussd.engine.screens import Flow, Keys, Menu, Sentence, flow
from ussd.engine.steps import Home, Resume

NAME = "resume"


def resume_flow(question: Sentence, *, yes: Sentence, no: Sentence) -> Flow:
    """Return the screen that asks; what it would go on with is frozen with it."""

    def keys(visit: Visit) -> Keys:
        return {"1": (yes, Resume(visit.frozen or [])), "2": (no, Home())}

    return flow(NAME, Menu(prompt=lambda _: str(question), keys=keys))
