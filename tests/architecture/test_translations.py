"""The catalogues hold every text of the code, and nothing that would break a screen."""

from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message

from nannychain import translations

CATALOGUES = list(translations.catalogues())
BY_LANGUAGE = pytest.mark.parametrize(
    ("language", "path"), CATALOGUES, ids=[language for language, _ in CATALOGUES]
)


def _messages(language: str, path: Path) -> list[Message]:
    return [message for message in translations.read(path, language=language) if message.id]


def _sentences(message: Message) -> list[str]:
    """Return the translations of a message: one, or one for each plural form."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_kiswahili_is_among_the_catalogues() -> None:
    assert "sw" in dict(CATALOGUES)


@BY_LANGUAGE
def test_the_catalogue_holds_the_texts_of_the_code_and_no_others(language: str, path: Path) -> None:
    """`manage.py update_translations` brings them together."""
    catalog: Catalog = translations.read(path, language=language)
    in_code = {message.id for message in translations.gather() if message.id}
    in_catalogue = {message.id for message in catalog if message.id}
    assert in_code - in_catalogue == set(), "not in the catalogue"
    assert in_catalogue - in_code == set(), "no longer in the code"
    assert not catalog.obsolete


@BY_LANGUAGE
def test_every_text_is_translated_and_none_by_guess(language: str, path: Path) -> None:
    missing = [message.id for message in _messages(language, path) if not all(_sentences(message))]
    guessed = [message.id for message in _messages(language, path) if message.fuzzy]
    assert missing == []
    assert guessed == []


@BY_LANGUAGE
def test_a_translation_fills_the_same_places(language: str, path: Path) -> None:
    wrong = []
    for message in _messages(language, path):
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        wanted = set().union(*map(_fields, ids))
        wrong += [text for text in _sentences(message) if _fields(text) != wanted]
    assert wrong == []


@BY_LANGUAGE
def test_a_translation_uses_letters_that_every_phone_has(language: str, path: Path) -> None:
    strange = [
        text
        for message in _messages(language, path)
        for text in _sentences(message)
        if not text.isascii()
    ]
    assert strange == []
