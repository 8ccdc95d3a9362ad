"""The terms: in both languages, complete, and light enough for a small phone."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from workers.identity import terms

ENGLISH, KISWAHILI = "Terms of NannyChain", "Masharti ya NannyChain"


def page(address: str = "/terms", accept: str = "") -> str:
    """Return the page as a browser with that Accept-Language gets it."""
    headers = {"Accept-Language": accept} if accept else {}
    answer = Client().get(address, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return answer.content.decode()


@pytest.mark.parametrize(
    ("address", "accept", "title"),
    [
        ("/terms", "", ENGLISH),
        ("/terms", "sw", KISWAHILI),
        ("/terms", "sw-KE,en;q=0.5", KISWAHILI),
        ("/terms", "en-GB,sw;q=0.5", ENGLISH),
        ("/terms", "fr", ENGLISH),
        ("/terms?lang=sw", "", KISWAHILI),
        ("/terms?lang=sw", "en", KISWAHILI),
        ("/terms?lang=en", "sw", ENGLISH),
        ("/terms?lang=../../x", "sw", KISWAHILI),
        ("/terms?lang=%00", "", ENGLISH),
    ],
)
def test_the_page_speaks_the_language_asked_for(address: str, accept: str, title: str) -> None:
    assert title in page(address, accept)


@pytest.mark.parametrize("language", ["en", "sw"])
def test_the_page_says_which_version_it_is_and_whom_to_call(
    settings: Settings, language: str
) -> None:
    settings.HELP_LINE = "0800 720 000"

    shown = page(f"/terms?lang={language}")

    assert terms.VERSION in shown
    assert str(terms.AGE_MIN_YEARS) in shown
    assert 'href="tel:0800720000"' in shown
    assert "2019" in shown  # the Data Protection Act
    assert f'<html lang="{language}">' in shown


@pytest.mark.parametrize("language", ["en", "sw"])
def test_without_a_help_line_the_page_names_another_way(settings: Settings, language: str) -> None:
    settings.HELP_LINE = ""

    shown = page(f"/terms?lang={language}")

    assert "tel:" not in shown
    assert settings.USSD_SERVICE_CODE in shown


def test_both_texts_have_the_same_paragraphs() -> None:
    shapes = [
        re.findall(r"<(h1|h2|p|li|strong)\b", page(f"/terms?lang={code}")) for code in ("en", "sw")
    ]

    assert shapes[0] == shapes[1]
    assert shapes[0].count("h2") == 9


@pytest.mark.parametrize("language", ["en", "sw"])
def test_the_page_is_small_and_loads_nothing_else(language: str) -> None:
    shown = page(f"/terms?lang={language}")

    assert len(shown.encode()) < 10_000
    assert not re.search(r"<script|<img|@import|url\(", shown)
    assert set(re.findall(r'(?:src|href)="([^"]*)"', shown)) <= {
        "data:,",
        "?lang=sw",
        "?lang=en",
        "tel:0800000000",
    }


def test_the_page_touches_no_database_and_sets_no_cookie() -> None:
    """Without the database mark, any query would fail."""
    answer = Client().get("/terms")

    assert not answer.cookies
    assert answer.headers["Vary"].lower().count("accept-language") == 1
    assert "public" in answer.headers["Cache-Control"]


def test_only_reading_is_answered() -> None:
    assert Client().post("/terms").status_code == 405
    assert Client().head("/terms").status_code == 200
