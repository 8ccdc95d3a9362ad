"""Kenyan numbers: every usual spelling in, E.164 out, nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nannychain import phone

SUBSCRIBERS = st.from_regex(r"[17][0-9]{8}", fullmatch=True).filter(str.isascii)


@pytest.mark.parametrize(
    "text",
    [
        "0712345678",
        "712345678",
        "254712345678",
        "+254712345678",
        "+254 712 345 678",
        " 0712 345 678 ",
        "0712-345-678",
        "(0712) 345678",
        "0712.345.678",
        "+254 (0) 712 345678",
        "00254712345678",
        "000254712345678",
        "+2540712345678",
        "2540712345678",
    ],
)
def test_a_usual_spelling_is_understood(text: str) -> None:
    assert phone.parse(text) == "+254712345678"


@pytest.mark.parametrize("text", ["0110123456", "0100000000", "0799999999", "0781234567"])
def test_a_prefix_decides_nothing_since_numbers_are_ported(text: str) -> None:
    assert phone.parse(text) == "+254" + text[1:]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0",
        "abc",
        "071234567",
        "07123456789",
        "+255712345678",
        "+1 415 555 2671",
        "+256711000111",
        "+254000000001",
        "0202345678",
        "0412345678",
        "0712345678 ext 5",
        "0712345678;ext=5",
        "tel:+254712345678",
        "0712FLOWER",
        "0712345678, 0722000111",
        "0712345678\n0722000111",
        "+254\N{ARABIC-INDIC DIGIT SEVEN}12345678",
        "\N{FULLWIDTH DIGIT ZERO}712345678",
        "0712345678\x00",
        "++254712345678",
        "0" * 1000,
        "9" * 39,
        "-",
        "+",
        "()",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(phone.InvalidPhone):
        phone.parse(text)


@given(SUBSCRIBERS)
def test_all_spellings_of_a_number_are_one_number(subscriber: str) -> None:
    expected = f"+254{subscriber}"
    head, middle, tail = subscriber[:3], subscriber[3:6], subscriber[6:]
    for text in (
        f"0{subscriber}",
        subscriber,
        f"254{subscriber}",
        expected,
        f"0{head} {middle} {tail}",
        f"+254-{head}-{middle}-{tail}",
        f"00254{subscriber}",
    ):
        assert phone.parse(text) == expected
    assert phone.parse(phone.national(expected)) == expected


@given(st.text(max_size=60))
def test_any_text_gives_a_kenyan_mobile_number_or_a_clear_error(text: str) -> None:
    try:
        number = phone.parse(text)
    except phone.InvalidPhone as error:
        assert error.code == "phone.invalid"
    else:
        assert number.startswith(("+2547", "+2541"))
        assert len(number) == 13
        assert number.isascii()


@given(SUBSCRIBERS)
def test_a_masked_number_shows_three_digits_and_no_more(subscriber: str) -> None:
    assert phone.mask(f"+254{subscriber}") == f"+254******{subscriber[-3:]}"
