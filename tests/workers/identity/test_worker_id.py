"""Worker IDs: what the check character catches, which spellings are read, what is refused."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nannychain.ids import ALPHABET, InvalidCode, check_character
from workers.identity import worker_id

BODIES = st.text(ALPHABET, min_size=7, max_size=7)
# Corners of the code: zeros, the last character of the alphabet, everything different.
EXAMPLES = ("0000000", "ZZZZZZZ", "0123456", "7K4QM2X", "AAAAAAB")


def made_of(body: str) -> str:
    """Return the Worker ID with that body and the check character that belongs to it."""
    return f"NW-{body}{check_character(body)}"


def is_accepted(text: str) -> bool:
    """Tell whether `text` reads as some Worker ID."""
    try:
        worker_id.parse(text)
    except InvalidCode:
        return False
    return True


def test_a_new_one_has_the_promised_form() -> None:
    for _ in range(200):
        new = worker_id.new()
        assert len(new) == 11
        assert new.startswith("NW-")
        assert set(new[3:]) <= set(ALPHABET)
        assert worker_id.parse(new) == new


def test_the_letters_that_look_like_others_are_never_used() -> None:
    assert set("ILOU").isdisjoint(ALPHABET)
    assert len(set(ALPHABET)) == 32


def test_new_ones_differ() -> None:
    assert len({worker_id.new() for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("body", EXAMPLES)
def test_every_single_wrong_character_is_caught(body: str) -> None:
    code = made_of(body)[3:]

    for position in range(len(code)):
        for wrong in set(ALPHABET) - {code[position]}:
            assert not is_accepted(f"NW-{code[:position]}{wrong}{code[position + 1 :]}")


@pytest.mark.parametrize("at", [0, 3, 5])
def test_every_swap_of_neighbours_is_caught(at: int) -> None:
    for left in ALPHABET:
        for right in set(ALPHABET) - {left}:
            before, after = "4" * at, "4" * (5 - at)
            check = check_character(f"{before}{left}{right}{after}")
            assert is_accepted(f"NW-{before}{left}{right}{after}{check}")
            assert not is_accepted(f"NW-{before}{right}{left}{after}{check}")


@given(body=BODIES, position=st.integers(0, 7), wrong=st.sampled_from(ALPHABET))
def test_a_wrong_character_anywhere_is_caught(body: str, position: int, wrong: str) -> None:
    code = made_of(body)[3:]
    other = code[:position] + wrong + code[position + 1 :]

    assert is_accepted(f"NW-{other}") == (other == code)


@given(body=BODIES, position=st.integers(0, 6))
def test_a_swap_anywhere_is_caught(body: str, position: int) -> None:
    code = made_of(body)[3:]
    other = code[:position] + code[position + 1] + code[position] + code[position + 2 :]

    assert is_accepted(f"NW-{other}") == (other == code)


@given(body=BODIES, first=st.integers(0, 7), second=st.integers(0, 7))
def test_a_swap_of_any_two_is_caught(body: str, first: int, second: int) -> None:
    characters = list(made_of(body)[3:])
    characters[first], characters[second] = characters[second], characters[first]
    other = "".join(characters)

    assert is_accepted(f"NW-{other}") == (other == made_of(body)[3:])


@pytest.mark.parametrize(
    "spelling",
    [
        "NW-7K40121{c}",
        "nw-7k40121{c}",
        "NW7K40121{c}",
        "7K40121{c}",
        "7k40121{c}",
        "NW 7K40 121{c}",
        "  NW-7K40-121{c}  ",
        "NW-7K4OI2I{c}",  # O read as 0, I as 1
        "nw-7k4ol2l{c}",  # l read as 1
    ],
)
def test_usual_spellings_are_read(spelling: str) -> None:
    check = check_character("7K40121")

    assert worker_id.parse(spelling.format(c=check)) == f"NW-7K40121{check}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "NW-",
        "NW",
        "NW-0000",
        "NW-000000000",
        "XX-00000000",
        "NWNW-00000000",
        "NW-0000000U",
        "NW-0000000\x00",
        "NW-0000000\n0",
        "NW-\uff100000000",  # a full-width zero
        "NW-" + "\u0660" * 8,  # Arabic zeros
        "NW-0000000🙂",
        "'; DROP TABLE workers_member; --",
        "0" * 100_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    assert not is_accepted(text)


@given(text=st.text(max_size=30))
def test_hostile_text_is_read_or_refused_and_never_breaks(text: str) -> None:
    if is_accepted(text):
        read = worker_id.parse(text)
        assert worker_id.parse(read) == read
        assert set(text) <= set(string.ascii_letters + string.digits + " -")
