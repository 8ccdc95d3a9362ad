"""Finding the place of a session from its text alone: at the first hop, and when Redis lost it.

The fold goes on from the last stored effect, or from the first screen. It runs no effect in the
middle of a text, and none where the text can be read in two ways: its screen is shown again. So is
a list or a confirm screen whose answer can't be proved to be about what stands there now.
"""

from nannychain.language import speaking
from ussd.engine import effects
from ussd.engine.acting import finish
from ussd.engine.application import Application
from ussd.engine.effects import Outcome
from ussd.engine.hop import Reply, Visit
from ussd.engine.reading import read
from ussd.engine.session import Place
from ussd.engine.transcript import INPUTS_MAX, SEPARATOR


def rebuild(app: Application, visit: Visit) -> Outcome:
    """Return the answer to a hop with a text, of which no state is stored."""
    hop = visit.hop
    language = app.language_of(visit.caller)
    roots = app.roots(visit.caller)
    if not app.is_recent(visit.caller):
        roots = roots[:1]
    starts = [Place.at(root, language=language) for root in roots]
    inputs = hop.text.split(SEPARATOR)
    if len(inputs) > INPUTS_MAX:
        return over(app, starts[0])
    known = effects.latest(hop)
    if known is not None:
        text, outcome = known
        if text == hop.text:
            return outcome
        if outcome.reply.ends:
            return over(app, outcome.place)
        starts = [outcome.place]
        rest = hop.text[len(text) + len(SEPARATOR) :] if text else hop.text
        inputs = rest.split(SEPARATOR)
    elif visit.caller is not None:
        app.on_begin(visit)
    # Somebody who has joined since the session began may have begun as a stranger: the inputs are
    # read from each beginning, and the one under which they make most sense is taken.
    is_seen = known is not None
    tracks = [read(app, visit, place=p, inputs=inputs, is_seen=is_seen) for p in starts]
    best, *others = sorted(tracks, key=lambda track: track.doubt)
    is_clear = all(other.doubt > best.doubt for other in others)
    return finish(app, best.visit, best.result, may_act=is_clear and not best.is_cut)


def over(app: Application, place: Place) -> Outcome:
    """Return the answer to whatever comes after the end."""
    with speaking(place.language):
        return Outcome(Reply(str(app.sentences.over), ends=True), place)
