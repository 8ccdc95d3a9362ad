"""What reaches the terminal: important lines, short, and not a hundred times."""

import json

import pytest

from nannychain.supervisor.screen import Mask, Repeats, important


def _line(**fields: object) -> str:
    return json.dumps({"logger": "x", "timestamp": "now", **fields})


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (_line(level="info", event="request"), ""),
        (_line(level="debug", event="x"), ""),
        (_line(level="warning", event="sms.late", sms_id=7), "warning: sms.late sms_id=7"),
        (_line(level="critical", event="down"), "critical: down"),
        (
            _line(level="error", event="broken", exception="Traceback\n  File\nKeyError: 'a'"),
            "error: broken KeyError: 'a'",
        ),
        (_line(level="error", event="first line\n\nand a long story"), "error: first line"),
        ("[20:00:00] [7] [ERROR] Worker was killed", "[20:00:00] [7] [ERROR] Worker was killed"),
        ("[20:00:00] [7] [INFO] Booting worker", ""),
        ("just text", ""),
        ('{"level": "error"}', ""),
        ('["level", "error"]', ""),
        ("", ""),
    ],
)
def test_only_warnings_and_worse_are_shown(line, shown):
    assert important(line) == shown


def test_a_very_long_line_is_cut():
    assert len(important(_line(level="error", event="x" * 5000))) == 300


def test_the_same_line_comes_once_a_minute_with_its_count():
    now = [0.0]
    repeats = Repeats(seconds=60, clock=lambda: now[0])
    assert repeats.pass_on("a") == "a"
    assert repeats.pass_on("b") == "b"
    for now[0] in (1.0, 2.0, 59.0):
        assert repeats.pass_on("a") == ""
    now[0] = 61.0
    assert repeats.pass_on("a") == "a (3 times more)"
    now[0] = 200.0
    assert repeats.pass_on("b") == "b"


def test_the_longest_secret_is_masked_first():
    assert Mask(["abcdefgh", "abcdefghij"])("abcdefghij abcdefgh") == "*** ***"


def test_short_values_are_no_secrets():
    assert Mask(["", "test"])("a test") == "a test"
