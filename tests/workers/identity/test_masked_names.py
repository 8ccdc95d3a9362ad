"""What one member sees of another's name."""

import pytest

from workers.identity import names


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("Achieng Otieno", "Achieng O***"),
        ("Mary Wanjiku Kamau", "Mary K***"),
        ("Fatuma", "Fatuma"),
        ("  Achieng   Otieno ", "Achieng O***"),
        ("", "+254******678"),
        ("Bartholomew-Alexander Njoroge", "Bartholomew-Alex N***"),
    ],
)
def test_a_name_shows_enough_to_know_the_person_and_no_more(name: str, seen: str) -> None:
    assert names.masked(name, number="+254712345678") == seen
