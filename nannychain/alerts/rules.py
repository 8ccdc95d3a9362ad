"""Rules: states of things that staff must know of. Beat has each looked at, again and again.

A rule's alert is raised while it holds and closed by itself when it doesn't; within an hour it
opens again, and is not told anew. What happens once is
told by whoever meets it, and has no rule. The roof registers the table.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from nannychain.alerts.services import raise_again, resolve

log = structlog.get_logger(__name__)

Found = dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One line of the table. `look` returns details while it holds, for staff: nothing secret.

    What to do then stands in `docs/runbooks/<name>.md`.
    """

    name: str
    title: str
    look: Callable[[], Found]

    @property
    def key(self) -> str:
        """Return the key of its alert."""
        return f"rule:{self.name}"


_registered: dict[str, Rule] = {}


def register(rules: Iterable[Rule]) -> None:
    """Have these rules looked at too; a name once."""
    for rule in rules:
        _registered[rule.name] = rule


def evaluate() -> list[str]:
    """Look at every rule; raise and close alerts; return the names of those that hold.

    One that can't be looked at leaves its alert as it is, and keeps no other from being looked at.
    """
    held = []
    for rule in _registered.values():
        try:
            found = rule.look()
        except Exception:
            log.exception("alert.rule_failed", rule=rule.name)
            continue
        if found is None:
            resolve(rule.key)
        else:
            details = {**found, "what to do": f"docs/runbooks/{rule.name}.md"}
            raise_again(key=rule.key, title=rule.title, details=details)
            held.append(rule.name)
    return held
