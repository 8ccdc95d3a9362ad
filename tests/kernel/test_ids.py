"""Identifiers: ordered, unguessable, and readable codes that catch what people get wrong."""

import itertools
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nannychain import ids

BODIES = st.text(alphabet=ids.ALPHABET, min_size=7, max_size=7)


def test_ids_are_version_7_and_ordered_by_time() -> None:
    first = ids.new_id()
    time.sleep(0.002)
    second = ids.new_id()
    assert (first.version, first.variant) == (7, "specified in RFC 4122")
    assert first < second
    assert abs((first.int >> 80) - time.time() * 1000) < 10_000


def test_tokens_are_128_bits_of_lower_case_hex() -> None:
    tokens = {ids.new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch(r"[0-9a-f]{32}", token) for token in tokens)


def test_a_code_has_no_letters_that_look_like_digits() -> None:
    assert len(ids.ALPHABET) == len(set(ids.ALPHABET)) == 32
    assert not set(ids.ALPHABET) & set("ILOU")


@given(BODIES)
def test_any_single_wrong_character_is_caught(body: str) -> None:
    code = body + ids.check_character(body)
    for position, wrong in itertools.product(range(8), ids.ALPHABET):
        if code[position] != wrong:
            with pytest.raises(ids.InvalidCode):
                ids.parse_code(
                    code[:position] + wrong + code[position + 1 :], prefix="NW", length=8
                )


@given(BODIES)
def test_any_swap_of_two_different_characters_is_caught(body: str) -> None:
    code = body + ids.check_character(body)
    for first, second in itertools.combinations(range(8), 2):
        swapped = list(code)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        if "".join(swapped) != code:
            with pytest.raises(ids.InvalidCode):
                ids.parse_code("".join(swapped), prefix="NW", length=8)


@given(BODIES)
def test_every_usual_spelling_is_understood(body: str) -> None:
    code = "NW-" + body + ids.check_character(body)
    mistaken = code[3:].replace("1", "l").replace("0", "O")
    for text in (code, code.lower(), code[3:], f" {code[:5]} {code[5:]} ", "nw" + mistaken):
        assert ids.parse_code(text, prefix="NW", length=8) == code


@given(st.text(max_size=30))
def test_any_text_gives_a_code_or_a_clear_error(text: str) -> None:
    try:
        assert re.fullmatch(
            r"NW-[0-9A-HJKMNP-TV-Z]{8}", ids.parse_code(text, prefix="NW", length=8)
        )
    except ids.InvalidCode as error:
        assert error.code == "ids.invalid_code"
