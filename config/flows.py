"""Pictures of what can happen, drawn from the tables that decide it.

`manage.py flows` writes them to `docs/flows.md`; a check fails when the two differ. The tables
themselves stand with what they are about.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from django.apps import apps
from django.conf import settings

from config.events import REACTIONS, SOURCES
from config.schedule import SCHEDULE
from config.sealing import HOLDERS
from nannychain.language import speaking
from nannychain.states.machine import Machine
from ussd.engine.steps import Back, Go, Home, Step
from ussd.menu import APPLICATION

PATH = settings.BASE_DIR / "docs" / "flows.md"
_HEAD = """# What can happen

Drawn from the tables in the code by `make flows`. Change the table, not this page.
"""


def document() -> str:
    """Return the whole page, as Markdown with Mermaid pictures."""
    with speaking("en"):
        sections = [_HEAD, *_states(), _menu(), _timetable(), _reactions(), _callbacks(), _sealed()]
    return "\n".join(sections)


def machines() -> list[Machine]:
    """Return every state machine of the product, by name."""
    found = {
        value.name: value
        for module in _modules_named("states")
        for value in vars(module).values()
        if isinstance(value, Machine)
    }
    return [found[name] for name in sorted(found)]


def _modules_named(name: str) -> Iterator[ModuleType]:
    """Import and return every module of that name in our own apps."""
    for app in apps.get_app_configs():
        if Path(app.path).parent != settings.BASE_DIR:
            continue
        for found in pkgutil.walk_packages([app.path], prefix=f"{app.name}."):
            # A package of that name holds the mechanism, not a table.
            if found.name.endswith(f".{name}") and not found.ispkg:
                yield importlib.import_module(found.name)


def _states() -> Iterator[str]:
    yield "## States\n"
    for machine in machines():
        lines = [f"### {machine.name}\n", "```mermaid", "stateDiagram-v2"]
        lines.append(f"    [*] --> {machine.initial}")
        lines += [f"    {edge.source} --> {edge.target}: {edge.phrase}" for edge in machine.edges]
        ends = [state for state in machine.states if state in machine.terminal]
        lines += [f"    {state} --> [*]" for state in ends if machine.edges]
        yield "\n".join([*lines, "```\n"])


def _menu() -> str:
    rows = [
        (item.parent, item.key, str(item.label), _leads_to(item.step)) for item in APPLICATION.tree
    ]
    text = "Lines that depend on the caller (the own number, the languages) stand in the screens.\n"
    return _section("The USSD menu", text, ("on the screen", "key", "says", "leads to"), rows)


def _leads_to(step: Step) -> str:
    match step:
        case Go(screen):
            return screen
        case Back():
            return "the screen before, or the end"
        case Home():
            return "the first screen"
        case _:
            return "an effect"


def _timetable() -> str:
    rows = [(entry.task, entry.period, entry.why) for entry in SCHEDULE]
    return _section("The timetable", "", ("task", "every", "why"), rows)


def _reactions() -> str:
    rows = [
        (event, f"{reaction.__module__}.{reaction.__name__}")
        for event, reactions in sorted(REACTIONS.items())
        for reaction in reactions
    ]
    return _section("When this happens, that follows", "", ("event", "reaction"), rows)


def _callbacks() -> str:
    rows = [(source.name, ", ".join(sorted(source.redact)) or "-") for source in SOURCES]
    return _section("Callbacks", "", ("source", "fields that are never kept"), rows)


def _sealed() -> str:
    rows = [(holder.name,) for holder in HOLDERS]
    return _section("What is sealed, and rotated", "", ("secret",), rows)


def _section(
    title: str, text: str, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> str:
    lines = [f"## {title}\n", *([text] if text else [])]
    table = [header, ("---",) * len(header), *rows]
    lines += [f"| {' | '.join(cells)} |" for cells in table]
    return "\n".join(lines) + "\n"
