"""Limits as pure functions: what is within goes through, what is beyond is told with figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nannychain.language import speaking
from payments.limits import LimitExceeded, OutflowReached
from payments.limits.rules import (
    AboveCap,
    AboveDay,
    AboveMaximum,
    AboveNewPayee,
    BelowMinimum,
    Rules,
    Used,
    ensure_within,
)

_CENTS = st.integers(0, 600_000_00)
_MAYBE = st.none() | _CENTS
rules_of_any_kind = st.builds(
    Rules,
    min_cents=st.integers(1, 10_00),
    max_cents=_CENTS,
    day_cents=_CENTS,
    cap_cents=_MAYBE,
    new_payee_cents=_MAYBE,
    outflow_cents=_MAYBE,
)
uses_of_any_kind = st.builds(Used, _CENTS, _CENTS, _CENTS, _CENTS)


def _is_within(rules: Rules, used: Used, amount: int) -> bool:
    try:
        ensure_within(rules, used, amount)
    except (LimitExceeded, OutflowReached):
        return False
    return True


@given(rules=rules_of_any_kind, used=uses_of_any_kind, amount=st.integers(-5, 600_000_00))
def test_what_goes_through_is_within_every_limit(rules: Rules, used: Used, amount: int) -> None:
    inside = rules.min_cents <= amount <= rules.max_cents and all(
        limit is None or before + amount <= limit
        for limit, before in (
            (rules.day_cents, used.day_cents),
            (rules.cap_cents, used.cap_cents),
            (rules.new_payee_cents, used.new_payee_cents),
            (rules.outflow_cents, used.outflow_cents),
        )
    )

    assert _is_within(rules, used, amount) == inside


@given(rules=rules_of_any_kind, used=uses_of_any_kind, amount=st.integers(1, 600_000_00))
def test_less_is_never_refused_where_more_goes_through(
    rules: Rules, used: Used, amount: int
) -> None:
    if _is_within(rules, used, amount) and amount - 1 >= rules.min_cents:
        assert _is_within(rules, used, amount - 1)


@given(rules=rules_of_any_kind, used=uses_of_any_kind, amount=st.integers(1, 600_000_00))
def test_what_is_said_to_be_left_passes_the_limit_that_says_it(
    rules: Rules, used: Used, amount: int
) -> None:
    try:
        ensure_within(rules, used, amount)
    except BelowMinimum as error:
        assert error.limit_cents == rules.min_cents
    except LimitExceeded as error:
        assert 0 <= error.left_cents < amount
        try:
            ensure_within(rules, used, max(error.left_cents, 1))
        except LimitExceeded as again:
            # Another limit may say so, or nothing at all is left.
            assert type(again) is not type(error) or error.left_cents == 0
        except OutflowReached:
            pass
    except OutflowReached:
        pass


_HERS = Rules(min_cents=10_00, max_cents=5_000_00, day_cents=5_000_00)


@pytest.mark.parametrize(
    ("rules", "used", "amount", "error", "said"),
    [
        (_HERS, Used(), 9_99, BelowMinimum, "The least is KSh 10."),
        (_HERS, Used(), 5_000_01, AboveMaximum, "The most at once is KSh 5,000."),
        (
            _HERS,
            Used(day_cents=4_000_00),
            1_000_01,
            AboveDay,
            "You can send KSh 5,000 a day. Left today: KSh 1,000.",
        ),
        (
            Rules(1, 5_000_00, 5_000_00, cap_cents=1_000_00),
            Used(cap_cents=400_00),
            600_01,
            AboveCap,
            "For your safety KSh 1,000 can go out in the next 24 hours. Left: KSh 600.",
        ),
        (
            Rules(1, 5_000_00, 5_000_00, new_payee_cents=2_000_00),
            Used(new_payee_cents=1_500_00),
            500_01,
            AboveNewPayee,
            "A new person can get KSh 2,000 from you in the first 24 hours. Left: KSh 500.",
        ),
    ],
)
def test_a_refusal_says_the_limit_and_what_is_left(
    rules: Rules, used: Used, amount: int, error: type[LimitExceeded], said: str
) -> None:
    with pytest.raises(error) as refused:
        ensure_within(rules, used, amount)
    assert str(refused.value.message) == said
    ensure_within(rules, used, refused.value.left_cents or rules.min_cents)


@pytest.mark.parametrize("error", [AboveDay, AboveNewPayee, AboveCap, AboveMaximum])
@pytest.mark.parametrize("language", ["en", "sw"])
def test_a_refusal_fits_a_screen_with_the_greatest_figures(
    error: type[LimitExceeded], language: str
) -> None:
    refused = error(limit_cents=500_000_55, left_cents=499_999_99)

    with speaking(language):
        assert len(str(refused.message)) <= 120  # there is a way back below it
