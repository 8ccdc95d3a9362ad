"""Which PINs are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.identity.pins import rules

PHONE = "+254712345678"


def is_weak(pin: str, *, phone: str = PHONE) -> bool:
    try:
        rules.refuse_weak(pin, phone=phone)
    except rules.WeakPin:
        return True
    return False


@pytest.mark.parametrize(
    "pin",
    [
        *("0000", "1111", "9999"),  # one digit
        *("1212", "8080", "1122", "7700"),  # pairs
        *("0123", "1234", "6789", "7890", "4321", "9876", "0987", "3210"),  # runs
        *("1920", "1963", "1990", "2000", "2026", "2029"),  # years
        *("2580", "0852", "1397", "1004"),  # shapes on the keys
        *("0712", "7123", "2345", "5678", "8765", "2170"),  # parts of one's number, either way
    ],
)
def test_a_trivial_pin_or_a_part_of_ones_number_is_refused(pin: str) -> None:
    assert is_weak(pin)


@pytest.mark.parametrize("pin", ["4826", "9173", "2030", "1899"])
def test_others_are_taken(pin: str) -> None:
    assert not is_weak(pin)


def test_a_part_of_somebody_elses_number_is_taken() -> None:
    assert is_weak("3391", phone="+254733910264")
    assert not is_weak("3391")


@pytest.mark.parametrize("pin", ["", "123", "12345", "12a4", "١٢٣٤", "12.4", " 482", "-482"])
def test_anything_but_four_digits_is_told_apart(pin: str) -> None:
    with pytest.raises(rules.NotFourDigits):
        rules.refuse_weak(pin, phone=PHONE)


@given(st.text())
def test_whatever_is_typed_gets_an_answer(pin: str) -> None:
    try:
        rules.refuse_weak(pin, phone=PHONE)
    except (rules.WeakPin, rules.NotFourDigits):
        return
    assert len(pin) == 4
    assert pin.isdecimal()


def test_most_pins_are_left_to_choose_from() -> None:
    left = [pin for pin in (f"{number:04d}" for number in range(10_000)) if not is_weak(pin)]

    assert len(left) > 9_600
