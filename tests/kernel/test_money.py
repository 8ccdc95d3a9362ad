"""Money is whole minor units: parsed strictly, shown plainly, split without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nannychain import money
from nannychain.money import Money

CENTS = st.integers(min_value=1, max_value=money.AMOUNT_CENTS_MAX)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1500", 150_000),
        ("1,500", 150_000),
        ("1,500.50", 150_050),
        ("1500.5", 150_050),
        ("KES 1500", 150_000),
        ("ksh1,500", 150_000),
        ("KSh. 1,500/=", 150_000),
        ("1500/-", 150_000),
        (" 0.01 ", 1),
        ("12,345,678.90", 1_234_567_890),
    ],
)
def test_a_usual_spelling_is_understood(text: str, cents: int) -> None:
    assert money.parse_cents(text) == cents


@pytest.mark.parametrize(
    "text",
    ["", "0", "0.00", "-5", "+5", "1e3", "1.234", "1,50", "15,00", "1 500", "USD 5", "five"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(money.InvalidAmount):
        money.parse_cents(text)


@pytest.mark.parametrize(
    "text",
    ["NaN", "inf", "0x10", "1_000", "1.", ".5", "1,,000", "9" * 14, "1\n2", "90071992547409.92"],
)
def test_what_other_parsers_would_take_is_refused(text: str) -> None:
    with pytest.raises(money.InvalidAmount):
        money.parse_cents(text)


def test_digits_of_other_scripts_are_refused() -> None:
    with pytest.raises(money.InvalidAmount):
        money.parse_cents("\N{ARABIC-INDIC DIGIT ONE}")


@given(CENTS)
def test_what_is_shown_is_read_back_the_same(cents: int) -> None:
    assert money.parse_cents(money.display(cents)) == cents


@given(st.integers(min_value=0, max_value=10**12), st.integers(min_value=1, max_value=200))
def test_a_split_loses_nothing_and_is_fair(cents: int, parts: int) -> None:
    shares = money.split(cents, parts=parts)
    assert sum(shares) == cents
    assert len(shares) == parts
    assert max(shares) - min(shares) <= 1


def test_two_currencies_never_meet_in_a_sum() -> None:
    with pytest.raises(money.CurrencyMismatch):
        Money(1) + Money(1, "USD")
    with pytest.raises(money.CurrencyMismatch):
        _ = Money(1) < Money(1, "USD")


@pytest.mark.parametrize("wrong", [1.0, "1", True, None])
def test_money_is_made_of_whole_numbers_only(wrong: object) -> None:
    with pytest.raises(TypeError):
        Money(wrong)  # type: ignore[arg-type]


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_sums_are_exact(first: int, second: int) -> None:
    assert (Money(first) + Money(second)).minor == first + second
    assert (Money(first) - Money(second)).minor == first - second


def test_amounts_are_shown_as_people_write_them() -> None:
    assert str(Money(150_000)) == "KSh 1,500"
    assert money.display(-150_050) == "-KSh 1,500.50"
    assert str(Money(5, "USD")) == "5 USD"
