"""`.env.example` explains every setting, and no other."""

import ast
import re

from config.env import REQUIRED, SETTINGS, load
from tests.architecture import tree

# Read by the programs that start the others, before there are settings.
_OF_STARTERS = frozenset(
    {
        "DJANGO_SETTINGS_MODULE",
        "HOST",
        "NANNYCHAIN_DATA",
        "NANNYCHAIN_ENV_FILE",
        "PORT",
        "SIMULATORS_PORT",
        "WEB_PROCESSES",
        "WEB_THREADS",
    }
)
_LINE = re.compile(r"^#? ?([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)
_TEXT = (tree.ROOT / ".env.example").read_text()
_SHOWN = dict(_LINE.findall(_TEXT))


def test_it_names_every_setting_and_no_other() -> None:
    assert set(_SHOWN) == set(SETTINGS) | _OF_STARTERS
    assert len(_LINE.findall(_TEXT)) == len(_SHOWN), "a setting is explained twice"


def test_what_starts_programs_reads_what_it_says() -> None:
    read = {
        node.value
        for path in tree.product()
        for node in ast.walk(tree.syntax(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert read >= _OF_STARTERS


def test_every_setting_is_explained_in_a_sentence() -> None:
    paragraphs = _TEXT.split("\n\n")
    bare = [text for text in paragraphs if _LINE.search(text) and not re.search(r"\w[.:]", text)]
    assert bare == []


def test_copied_as_it_is_it_sets_nothing() -> None:
    assert [line for line in _TEXT.splitlines() if line and not line.startswith("#")] == []


def test_the_values_it_shows_are_the_defaults_or_can_be_used() -> None:
    shown = {name: value for name, value in _SHOWN.items() if name in SETTINGS and value}
    required = {name: "x" for name, (_, default) in SETTINGS.items() if default is REQUIRED}
    examples = {"CELERY_BROKER_URL", "DATABASE_URL", "HELP_LINE", "REDIS_URL"}
    loaded = load({**required, **shown})
    for name in shown.keys() - examples:
        assert getattr(loaded, name.lower()) == SETTINGS[name][1], name
