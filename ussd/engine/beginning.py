"""Beginning a session, and putting what a hop led to into the form that is stored."""

from nannychain.language import speaking
from ussd.engine import dropped, effects, fold
from ussd.engine.acting import finish
from ussd.engine.application import Application
from ussd.engine.effects import Outcome
from ussd.engine.hop import Hop, Visit, Who
from ussd.engine.session import Place, Session
from ussd.engine.transcript import Mark


def begin(
    app: Application, visit: Visit, *, dropped_place: bytes | None, hint: str = ""
) -> Outcome:
    """Return the first screen, or the question whether to go on with what was dropped.

    That the question was asked is stored, since the first input means another thing by it.
    """
    if visit.caller is not None:
        app.on_begin(visit)
    root, language = app.roots(visit.caller)[0], app.language_of(visit.caller)
    asking = dropped.question(app, dropped_place, root=root) if dropped_place else None
    if asking is not None:
        place = asking
        return effects.once(
            visit.hop, effect=lambda: finish(app, visit, fold.Moved(place), may_act=False)
        )
    place = Place.at(root, language=language).with_top(hint=hint)
    return finish(app, visit, fold.Moved(place), may_act=False)


def begin_again(app: Application, visit: Visit) -> Outcome:
    """Return the first screen for somebody whose place is lost, and say so."""
    with speaking(app.language_of(visit.caller)):
        hint = str(app.sentences.start_again)
    return begin(app, visit, dropped_place=None, hint=hint)


def visit_of(app: Application, hop: Hop, session: Session) -> Visit:
    """Return the visit of a hop in a session that goes on: who calls is known from before."""
    who = Who(app.find_caller)
    if session.caller is not None:
        who.found = app.unpack_caller(session.caller)
    return Visit(hop=hop, language=session.place.language, who=who)


def session_of(app: Application, visit: Visit, outcome: Outcome, *, consumed: Mark) -> Session:
    """Return what is stored after a hop."""
    hop, caller = visit.hop, visit.who.known
    return Session(
        gateway=hop.gateway,
        phone=hop.phone,
        service_code=hop.service_code,
        place=outcome.place,
        consumed=consumed,
        reply=outcome.reply,
        turn=hop.step.turn if hop.step else "",
        caller=app.pack_caller(caller) if caller is not None else None,
    )
