"""Texts: made plain at queueing, and counted as networks count them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nannychain import gsm


@pytest.mark.parametrize(
    ("fancy", "plain"),
    [
        ("\u201cHello\u201d \u2018you\u2019", "\"Hello\" 'you'"),
        ("2010\u20132026 \u2014 now\u2026", "2010-2026 - now..."),
        ("Jos\u00e9 M\u00fcller \u00c5sa", "Jose Muller Asa"),
        ("e\u0301 decomposed", "e decomposed"),
        ("x\u0303 never composed", "x never composed"),
        ("KES\u00a0100", "KES 100"),
        ("a\tb\r\nc\x00\x07d\u200b", "a b\ncd"),
        ("`tick`", "'tick'"),
        ("\u00bd day \u2192 paid", "1/2 day -> paid"),
        ("\ud800lone", "lone"),
        ("  around  ", "around"),
    ],
)
def test_fancy_characters_become_plain(fancy: str, plain: str) -> None:
    assert gsm.plain(fancy) == plain
    assert gsm.is_gsm(plain)
    assert plain.isascii()


@pytest.mark.parametrize(
    "kept", ["5 \u20ac", "\u00a35", "Karib\u0438", "\u1230\u120b\u121d", "\U0001f600"]
)
def test_what_has_no_plain_form_stays(kept: str) -> None:
    assert gsm.plain(kept) == kept


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("[" * 80, 1),  # an extension character takes two septets
        ("a" * 159 + "[", 2),
        ("[" * 81, 2),
        ("a" * 152 + "[" + "a" * 151, 2),  # it is not split, so that the first part has 152
        ("a" * 152 + "[" + "a" * 152, 3),
        ("\u20ac" * 80, 1),
        ("\u0438" * 70, 1),
        ("\u0438" * 71, 2),
        ("\u0438" * 134, 2),
        ("\u0438" * 135, 3),
        ("\U0001f600" * 35, 1),  # an emoji takes two units
        ("\U0001f600" * 36, 2),
        ("\U0001f600" * 66, 2),  # 33 a part, since it is not split
        ("\U0001f600" * 67, 3),
    ],
)
def test_parts_are_counted_as_networks_count_them(text: str, parts: int) -> None:
    assert gsm.parts(text) == parts


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("abc", 3), ("[x]", 5), ("^{}\\~|", 12), ("a\nb", 3), ("\u20ac", 2)],
)
def test_septets_are_counted_as_the_network_does(text: str, count: int) -> None:
    assert gsm.septets(text) == count


@given(st.text(max_size=400))
def test_making_plain_twice_changes_nothing_more(text: str) -> None:
    once = gsm.plain(text)
    assert gsm.plain(once) == once
    once.encode()
    assert not any(unicodedata.category(mark) == "Cc" for mark in once.replace("\n", ""))


@given(st.text(alphabet="ab[]\u0438\U0001f600", max_size=400))
def test_one_letter_more_takes_at_most_one_part_more(text: str) -> None:
    alphabet_letter = "a" if gsm.is_gsm(text) else "\u0438"
    assert gsm.parts(text) <= gsm.parts(text + alphabet_letter) <= gsm.parts(text) + 1
