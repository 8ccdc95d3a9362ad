"""When a fault strikes: by kind, phone, number of times and chance."""

from collections.abc import Iterator

import pytest

from simulators.faults import Faults, Kind

WANJIRU, AKINYI = "+254712345678", "+254722000111"
TARGET = "provider"


def engine(*chances: float) -> Faults:
    drawn: Iterator[float] = iter(chances)
    return Faults({TARGET: (Kind("down", "it is down"),)}, chance=lambda: next(drawn, 0.0))


def strikes(faults: Faults, *, phone: str = WANJIRU) -> bool:
    return faults.take(target=TARGET, kind="down", phones=[phone]) is not None


def test_nothing_strikes_unless_it_is_set() -> None:
    assert not strikes(engine())


@pytest.mark.parametrize(
    ("times", "expected"), [(1, [True, False, False]), (2, [True, True, False]), (None, [True] * 3)]
)
def test_a_fault_strikes_as_often_as_asked(times: int | None, expected: list[bool]) -> None:
    faults = engine()
    faults.add({"target": TARGET, "kind": "down", "times": times})
    assert [strikes(faults) for _ in range(3)] == expected


def test_a_fault_of_one_phone_is_not_used_up_by_others() -> None:
    faults = engine()
    faults.add({"target": TARGET, "kind": "down", "phone": AKINYI})
    assert [strikes(faults), strikes(faults, phone=AKINYI)] == [False, True]


def test_a_probability_spares_some_and_only_strikes_are_counted() -> None:
    faults = engine(0.7, 0.3, 0.5, 0.0)
    faults.add({"target": TARGET, "kind": "down", "times": 2, "probability": 0.5})
    assert [strikes(faults) for _ in range(5)] == [False, True, False, True, False]
    assert faults.all() == []


def test_a_fault_for_one_phone_leaves_the_general_one_in_place() -> None:
    faults = engine()
    faults.add({"target": TARGET, "kind": "down", "phone": WANJIRU})
    faults.add({"target": TARGET, "kind": "down"})
    assert [strikes(faults) for _ in range(3)] == [True, True, False]
