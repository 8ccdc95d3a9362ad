"""The simulated queue takes, refuses, drops and bans as core does, and no lumen is ever lost."""

from typing import Any

import pytest
import stellar_sdk as sdk
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from stellar_sdk import Claimant

from simulators.horizon.ledger.chain import Chain
from tests.factories.stellar_worlds import (
    ANNA,
    BEN,
    KEYS,
    LUMENS,
    NOBODY,
    PASSPHRASE,
    SPONSOR,
    World,
)


@pytest.fixture
def world() -> World:
    return World()


class TestQueue:
    def test_the_same_again_is_a_duplicate_and_another_of_its_source_must_wait(
        self, world: World
    ) -> None:
        one = world.envelope(sdk.BumpSequence(0), by=KEYS["anna"])
        other = world.envelope(sdk.Payment(BEN, LUMENS, "1"), by=KEYS["anna"])
        told = [world.submit(each) for each in (one, one, other)]
        assert told == ["PENDING", "DUPLICATE", "TRY_AGAIN_LATER"]

    def test_a_landed_one_must_wait_and_then_has_a_bad_sequence(self, world: World) -> None:
        one = world.envelope(sdk.BumpSequence(0), by=KEYS["anna"])
        world.submit(one)
        for _ in range(10):
            world.chain.close_ledger()
            assert world.submit(one) in ("TRY_AGAIN_LATER", "tx_bad_seq")
        assert world.submit(one) == "tx_bad_seq"

    def test_what_gets_no_room_is_dropped_after_four_ledgers_and_banned_for_ten(
        self, world: World
    ) -> None:
        one = world.envelope(sdk.BumpSequence(0), by=KEYS["anna"])
        world.submit(one)
        world.chain.min_fee = 1_000
        for _ in range(4):
            assert world.chain.queued(one.hash_hex())
            world.chain.close_ledger()
        assert not world.chain.queued(one.hash_hex())
        world.chain.min_fee = 100
        for _ in range(10):
            assert world.submit(one) == "TRY_AGAIN_LATER"
            world.chain.close_ledger()
        assert world.submit(one) == "PENDING"

    def test_in_a_surge_a_low_bid_is_refused_and_all_pay_the_same(self, world: World) -> None:
        world.chain.min_fee = 500
        low = world.envelope(sdk.BumpSequence(0), by=KEYS["anna"], fee=499)
        high = world.envelope(sdk.BumpSequence(0), by=KEYS["ben"], fee=9_000)
        assert world.submit(low) == "tx_insufficient_fee"
        assert world.submit(high) == "PENDING"
        (landed,) = world.chain.close_ledger().transactions
        assert (landed.max_fee, landed.fee_charged) == (9_000, 500)

    @pytest.mark.parametrize(("bid", "told"), [(999, "tx_insufficient_fee"), (1_000, "PENDING")])
    def test_a_fee_bump_takes_the_place_of_its_own_with_ten_times_the_rate(
        self, world: World, bid: int, told: str
    ) -> None:
        inner = world.envelope(sdk.BumpSequence(0), by=KEYS["anna"])
        world.submit(inner)
        bump = sdk.TransactionBuilder.build_fee_bump_transaction(SPONSOR, bid, inner, PASSPHRASE)
        bump.sign(KEYS["sponsor"])

        assert world.submit(bump) == told

        (landed,) = world.chain.close_ledger().transactions
        assert (landed.fee_account == SPONSOR) == (told == "PENDING")
        assert inner.hash_hex() in (landed.hash, landed.inner_hash)

    def test_by_room_the_higher_bid_goes_first(self, world: World) -> None:
        world.chain.capacity = 1
        low = world.envelope(sdk.BumpSequence(0), by=KEYS["anna"], fee=200)
        high = world.envelope(sdk.BumpSequence(0), by=KEYS["ben"], fee=300)
        world.submit(low)
        world.submit(high)
        (first,) = world.chain.close_ledger().transactions
        (second,) = world.chain.close_ledger().transactions
        assert (first.hash, second.hash) == (high.hash_hex(), low.hash_hex())


_WHO = st.sampled_from(["anna", "ben", "sponsor"])
_ADDRESS = st.sampled_from([ANNA, BEN, SPONSOR, NOBODY])
_AMOUNT = st.integers(1, 200).map(str)
_ANY = st.one_of(
    st.builds(sdk.Payment, _ADDRESS, st.just(LUMENS), _AMOUNT),
    st.builds(sdk.CreateAccount, _ADDRESS, _AMOUNT),
    st.builds(sdk.ManageData, st.sampled_from("xyz"), st.sampled_from(["1", None])),
    st.builds(sdk.AccountMerge, _ADDRESS),
    st.builds(sdk.CreateClaimableBalance, st.just(LUMENS), _AMOUNT, st.just([Claimant(BEN)])),
)


@hypothesis_settings(max_examples=60)
@given(steps=st.lists(st.tuples(_WHO, st.lists(_ANY, min_size=1, max_size=4)), max_size=12))
def test_whatever_happens_no_lumen_is_made_or_lost(steps: list[tuple[str, list[Any]]]) -> None:
    world = World()
    for by, operations in steps:
        if world.chain.account(KEYS[by].public_key) is not None:
            world.run(*operations, by=KEYS[by])
        assert world.chain.lumens() == 10**18
    dumped = world.chain.dump()
    other = Chain(passphrase=PASSPHRASE)
    other.restore(dumped)
    assert other.dump() == dumped
