"""Each alert that tells of one event stands in the runbook, by the title that staff see."""

import ast
from collections.abc import Iterator

from tests.architecture import tree

RUNBOOK = tree.ROOT / "docs" / "runbooks" / "events.md"
# What raises an alert under a title that it is given.
HELPERS = frozenset({"_tell", "_alert"})


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _texts(node: ast.expr) -> Iterator[str]:
    """Yield what a title says: its whole text, or the longest part that is always the same."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        parts = [each.value for each in node.values if isinstance(each, ast.Constant)]
        yield max(map(str, parts), key=len).strip()


def _titles() -> set[str]:
    found = set()
    for path in tree.product():
        module = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
        if not any(_name(call) == "raise_alert" for call in calls):
            continue
        for call in calls:
            titles = [word.value for word in call.keywords if word.arg == "title"]
            if _name(call) in HELPERS:
                titles += [each for each in call.args if isinstance(each, ast.Constant)]
            for title in titles:
                found |= {text for text in _texts(title) if " " in text or text.endswith(":")}
    return found


def test_each_event_that_rings_is_in_the_runbook() -> None:
    told = RUNBOOK.read_text(encoding="utf-8")
    titles = _titles()
    assert len(titles) > 40, "the calls have another shape"
    assert sorted(title for title in titles if title not in told) == []
