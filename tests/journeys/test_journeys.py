"""Journeys as data: what is typed, and the exact screen that follows."""

import re
from pathlib import Path

import pytest
import time_machine

from tests.ussd.phone import Phone

JOURNEYS = sorted(Path(__file__).parent.glob("*.journey"))
_WORKER_ID = re.compile(r"NW-[0-9A-HJKMNP-TV-Z]{8}")


def steps(path: Path) -> list[tuple[str, str]]:
    """Return what is typed and the screen that follows, step by step."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    blocks = "\n".join(lines).strip().split("\n> ")
    found = []
    for block in blocks:
        typed, _, screen = block.removeprefix("> ").partition("\n")
        found.append((typed, screen.strip()))
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("path", JOURNEYS, ids=lambda path: path.stem)
@pytest.mark.parametrize("loses_redis", [False, True], ids=["", "losing Redis at every hop"])
def test_a_journey_goes_as_written(path: Path, loses_redis: bool) -> None:
    phone = Phone()
    with time_machine.travel("2026-11-20T09:00:00Z", tick=False):
        for typed, screen in steps(path):
            if loses_redis:
                phone.lose_session()
            shown = phone.dial() if typed == "dial" else phone.enter(typed)
            assert _WORKER_ID.sub("NW-xxxxxxxx", shown) == screen, f"after {typed!r}"


def test_there_are_journeys_in_both_languages() -> None:
    languages = {path.suffixes[0] for path in JOURNEYS}
    assert languages == {".en", ".sw"}
    assert all(len(steps(path)) > 5 for path in JOURNEYS)
