"""From a place to what the phone shows there, page by page."""

from dataclasses import replace

from django.utils.functional import SimpleLazyObject

from nannychain.language import speaking
from ussd.engine import confirming
from ussd.engine.application import Application
from ussd.engine.hop import Reply, Visit
from ussd.engine.pages import Labels, Page, lay_out
from ussd.engine.screens import BACK_KEY, Choose, Confirm, Keys, Pin
from ussd.engine.session import Place

_HOME_DEPTH = 3  # from here on, home is further away than back


def at(app: Application, visit: Visit, place: Place) -> Visit:
    """Return the visit as the screen at `place` sees it."""
    frame, screen = place.top, app.screens[place.screen]
    frozen = frame.frozen
    if isinstance(screen, Pin):
        confirmed = confirming.place_before(app, place)
        frozen = confirmed.top.frozen if confirmed else None
    visit = replace(visit.speaking(place.language), values=place.values, frozen=frozen)
    look = screen.look
    if look is None or frozen is not None:
        return visit
    return replace(visit, frozen=SimpleLazyObject(lambda: look(visit)))


def show(app: Application, visit: Visit, *, place: Place) -> tuple[Reply, Place]:
    """Return the screen at `place`, below its hint, and the place with the keys that it shows."""
    with speaking(place.language):
        pages = pages_of(app, at(app, visit, place), place=place)
        number = min(place.top.page, len(pages) - 1)
        page = pages[number]
        if number != place.top.page:  # the text has become shorter since
            place = place.with_top(page=number)
        return Reply(page.text, ends=False), replace(place, shown=page.keys)


def pages_of(app: Application, visit: Visit, *, place: Place) -> list[Page]:
    """Return all pages of the screen at `place`, in the language that is spoken."""
    name, hint = place.screen, place.top.hint
    screen, keys = app.screens[name], app.keys(name, visit)
    choices = [(key, str(label)) for key, (label, _) in keys.items() if key != BACK_KEY]
    if isinstance(screen, Confirm) and place.top.asked_at:
        body = confirming.question(app, place.top)
    else:
        body = screen.short(visit) if hint and screen.short else screen.prompt(visit)
    if isinstance(screen, Choose):
        choices += [(str(n), label) for n, (_, label) in enumerate(place.top.frozen, start=1)]
    if isinstance(screen, Confirm):
        choices.append((confirming.ACCEPT_KEY, confirming.label(app, place.top)))
    return lay_out(
        f"{hint}\n{body}" if hint else body,
        choices=choices,
        labels=_labels(app, keys, place=place),
    )


def _labels(app: Application, keys: Keys, *, place: Place) -> Labels:
    sentences = app.sentences
    out = keys[BACK_KEY][0] if BACK_KEY in keys else sentences.back
    has_way_out = BACK_KEY in keys or place.screen not in app.root_names
    return Labels(
        more=str(sentences.more),
        back=str(sentences.back),
        out=str(out) if has_way_out else None,
        home=str(sentences.home) if len(place.path) >= _HOME_DEPTH else None,
    )
