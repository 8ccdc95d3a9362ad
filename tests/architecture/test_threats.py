"""The threat model names tests, and they are there."""

import re
from functools import cache

from tests.architecture import tree

PAGE = tree.ROOT / "docs" / "security.md"
_NAMED = re.compile(r"`(test_\w+)`")
_DEFINED = re.compile(r"^\s*(?:async )?def (test_\w+)\(", re.MULTILINE)
_LETTERS = frozenset("STRIDE")
_PARTS = ("USSD", "Codes", "PIN", "API", "Callbacks", "Keys", "Ledger", "Staff", "Backups")


@cache
def _tests() -> frozenset[str]:
    return frozenset(
        name
        for path in tree.files("tests")
        if path != tree.ROOT / "tests/architecture/test_threats.py"
        for name in _DEFINED.findall(path.read_text(encoding="utf-8"))
    )


def _lines() -> list[list[str]]:
    """Return the cells of every line of every table, headers left out."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return [row for row in cells if row[0] not in {"threat", "---"}]


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = set(_NAMED.findall(PAGE.read_text(encoding="utf-8")))
    assert named - _tests() == set()


def test_every_threat_has_its_letters_a_defence_and_a_test_that_shows_it() -> None:
    lines = _lines()
    assert len(lines) > 40
    for threat, letters, defence, shown_by in lines:
        assert set(letters.split()) <= _LETTERS, threat
        assert letters, threat
        assert defence, threat
        assert _NAMED.findall(shown_by), threat


def test_every_part_of_the_house_and_every_letter_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert all(any(part in heading for heading in headings) for part in _PARTS)
    used = {letter for _, letters, _, _ in _lines() for letter in letters.split()}
    assert used == _LETTERS
