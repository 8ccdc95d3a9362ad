"""Bids stay between the network's floor and our ceiling; a bump is ten times what it replaces."""

from hypothesis import given
from hypothesis import strategies as st

from wallets.stellar.fees import BUMP_FACTOR, CEILING_STROOPS, FLOOR_STROOPS, bid, bump

_STROOPS = st.integers(min_value=0, max_value=10**12)


@given(base_fee=_STROOPS, recent_high=_STROOPS)
def test_a_bid_is_never_below_the_floor_or_above_the_ceiling(
    base_fee: int, recent_high: int
) -> None:
    assert FLOOR_STROOPS <= bid(base_fee=base_fee, recent_high=recent_high) <= CEILING_STROOPS


def test_a_bid_follows_what_got_in_lately() -> None:
    assert bid(base_fee=100, recent_high=100) == 100
    assert bid(base_fee=100, recent_high=2_500) == 2_500
    assert bid(base_fee=300, recent_high=200) == 300


@given(last=st.integers(FLOOR_STROOPS, CEILING_STROOPS), wanted=_STROOPS)
def test_a_bump_can_take_the_place_of_what_it_bumps_or_is_none(last: int, wanted: int) -> None:
    higher = bump(last=last, wanted=wanted)
    if higher is not None:
        assert last * BUMP_FACTOR <= higher <= CEILING_STROOPS


def test_where_the_ceiling_leaves_no_room_there_is_no_bump() -> None:
    assert bump(last=CEILING_STROOPS, wanted=10**6) is None
    assert bump(last=CEILING_STROOPS // BUMP_FACTOR, wanted=10**6) == CEILING_STROOPS
    assert bump(last=100, wanted=150) == 1_000
