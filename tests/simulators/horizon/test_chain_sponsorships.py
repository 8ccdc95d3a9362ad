"""Who holds which reserve: lent, handed over, handed back, and what is left when all is gone."""

from typing import Any

import pytest
import stellar_sdk as sdk
from stellar_sdk import Claimant

from simulators.horizon.ledger.state import min_balance
from simulators.horizon.ledger.types import Account
from tests.factories.stellar_worlds import (
    ANNA,
    BEN,
    ISSUER,
    KESX,
    KEYS,
    LUMENS,
    NOBODY,
    SPONSOR,
    World,
)

Revoke = sdk.RevokeSponsorship


@pytest.fixture
def world() -> World:
    return World()


def _account(world: World, address: str) -> Account:
    found = world.chain.account(address)
    assert found is not None
    return found


def _lent(world: World, *operations: Any, to: str, by: str = "sponsor") -> None:
    """Do something for an account while another one lends the reserves."""
    address = KEYS[to].public_key
    world.ok(
        sdk.BeginSponsoringFutureReserves(address),
        *operations,
        sdk.EndSponsoringFutureReserves(source=address),
        by=by,
        also=(to,),
    )


def _handed_to_ben(world: World, revoked: Any) -> None:
    """The sponsor hands an entry's reserve over to Ben, who lends to her for that."""
    _lent(world, _by("sponsor", revoked), to="sponsor", by="ben")


def _by(name: str, operation: Any) -> Any:
    operation.source = sdk.MuxedAccount(KEYS[name].public_key)
    return operation


def _entries() -> list[tuple[str, Any, Any]]:
    """Return what Anna may have lent to her, and how that is revoked."""
    key = sdk.SignerKey.ed25519_public_key(NOBODY)
    signer = sdk.Signer.ed25519_public_key(NOBODY, 1)
    return [
        ("data", sdk.ManageData("x", "1", source=ANNA), Revoke.revoke_data_sponsorship(ANNA, "x")),
        (
            "trustline",
            sdk.ChangeTrust(KESX, source=ANNA),
            Revoke.revoke_trustline_sponsorship(ANNA, KESX),
        ),
        (
            "signer",
            sdk.SetOptions(signer=signer, source=ANNA),
            Revoke.revoke_signer_sponsorship(ANNA, key),
        ),
    ]


@pytest.mark.parametrize(("kind", "made", "revoked"), _entries(), ids=lambda value: str(value)[:9])
class TestALentEntry:
    def test_costs_its_sponsor_half_a_lumen(
        self, world: World, kind: str, made: Any, revoked: Any
    ) -> None:
        _lent(world, made, to="anna")
        anna, sponsor = _account(world, ANNA), _account(world, SPONSOR)
        assert (anna.num_sponsored, sponsor.num_sponsoring) == (1, 1)
        assert (min_balance(anna), min_balance(sponsor)) == (10_000_000, 15_000_000)

    def test_becomes_its_owners_when_it_is_revoked(
        self, world: World, kind: str, made: Any, revoked: Any
    ) -> None:
        _lent(world, made, to="anna")
        world.ok(_by("sponsor", revoked), by="sponsor")
        anna, sponsor = _account(world, ANNA), _account(world, SPONSOR)
        assert (anna.num_sponsored, sponsor.num_sponsoring) == (0, 0)
        assert min_balance(anna) == 15_000_000
        told = world.chain.latest.transactions[0].operations[0].effects[0]
        assert (told.type, told.account) == (f"{kind}_sponsorship_removed", ANNA)
        assert told.details["former_sponsor"] == SPONSOR

    def test_goes_over_to_who_lends_to_its_sponsor(
        self, world: World, kind: str, made: Any, revoked: Any
    ) -> None:
        _lent(world, made, to="anna")
        _handed_to_ben(world, revoked)
        assert _account(world, SPONSOR).num_sponsoring == 0
        assert _account(world, BEN).num_sponsoring == 1
        assert _account(world, ANNA).num_sponsored == 1
        told = world.chain.latest.transactions[0].operations[1].effects[0]
        assert told.type == f"{kind}_sponsorship_updated"
        assert (told.details["former_sponsor"], told.details["new_sponsor"]) == (SPONSOR, BEN)

    def test_may_be_lent_afterwards(self, world: World, kind: str, made: Any, revoked: Any) -> None:
        world.ok(made, by="anna")
        _lent(world, _by("anna", revoked), to="anna")
        assert _account(world, ANNA).num_sponsored == 1
        assert _account(world, SPONSOR).num_sponsoring == 1


def test_a_lent_entry_that_is_removed_gives_the_reserve_back(world: World) -> None:
    _lent(
        world,
        sdk.ManageData("x", "1", source=ANNA),
        sdk.ChangeTrust(KESX, source=ANNA),
        sdk.SetOptions(signer=sdk.Signer.ed25519_public_key(NOBODY, 1), source=ANNA),
        to="anna",
    )
    assert _account(world, SPONSOR).num_sponsoring == 3
    world.ok(
        sdk.ManageData("x", None),
        sdk.ChangeTrust(KESX, "0"),
        sdk.SetOptions(signer=sdk.Signer.ed25519_public_key(NOBODY, 0)),
        by="anna",
    )
    assert _account(world, SPONSOR).num_sponsoring == 0
    assert _account(world, ANNA).num_sponsored == 0


def test_an_account_of_nothing_lives_on_lent_reserves_and_leaves_them_behind(world: World) -> None:
    _lent(
        world,
        sdk.CreateAccount(NOBODY, "0"),
        sdk.SetOptions(signer=sdk.Signer.ed25519_public_key(BEN, 1), source=NOBODY),
        to="nobody",
    )
    member, sponsor = _account(world, NOBODY), _account(world, SPONSOR)
    assert (member.balance, member.sponsor, member.num_sponsored) == (0, SPONSOR, 3)
    assert sponsor.num_sponsoring == 3
    world.chain.close_ledger()

    world.ok(sdk.AccountMerge(SPONSOR, source=NOBODY), by="sponsor", also=("nobody",))

    assert world.chain.account(NOBODY) is None
    assert _account(world, SPONSOR).num_sponsoring == 0, "also the reserve of her signer"


def test_an_account_that_cannot_pay_its_own_reserve_stays_lent(world: World) -> None:
    _lent(world, sdk.CreateAccount(NOBODY, "0.5"), to="nobody")
    revoked = Revoke.revoke_account_sponsorship(NOBODY)
    assert world.run(revoked, by=KEYS["sponsor"])[1] == "op_low_reserve"
    assert _account(world, NOBODY).sponsor == SPONSOR
    world.ok(sdk.Payment(NOBODY, LUMENS, "0.5"), by="ben")
    world.ok(revoked, by="sponsor")
    assert _account(world, NOBODY).sponsor is None


def test_a_sponsor_lends_no_more_than_she_has(world: World) -> None:
    kept = _account(world, SPONSOR).balance - 10_000_000 - 9_999_999 - 400
    world.ok(sdk.Payment(BEN, LUMENS, f"{kept // 10**7}.{kept % 10**7:07d}"), by="sponsor")
    told = world.run(
        sdk.BeginSponsoringFutureReserves(NOBODY),
        sdk.CreateAccount(NOBODY, "0"),
        sdk.EndSponsoringFutureReserves(source=NOBODY),
        by=KEYS["sponsor"],
        also=("nobody",),
    )
    assert told == ["tx_failed", "op_success", "op_low_reserve", "op_no_source_account"]
    assert _account(world, SPONSOR).num_sponsoring == 0


def test_who_is_sponsored_can_neither_be_sponsored_twice_nor_sponsor(world: World) -> None:
    begin = sdk.BeginSponsoringFutureReserves
    twice = world.run(begin(BEN), begin(BEN), by=KEYS["anna"])
    assert twice == ["tx_failed", "op_success", "op_already_sponsored"]
    in_turn = world.run(begin(BEN), begin(SPONSOR, source=BEN), by=KEYS["anna"], also=("ben",))
    assert in_turn == ["tx_failed", "op_success", "op_recursive"]
    above = world.run(begin(SPONSOR, source=BEN), begin(BEN), by=KEYS["anna"], also=("ben",))
    assert above == ["tx_failed", "op_success", "op_recursive"]


def test_a_claimable_balance_goes_over_to_another_sponsor(world: World) -> None:
    world.ok(sdk.CreateClaimableBalance(LUMENS, "5", [Claimant(ISSUER)]), by="sponsor")
    (id,) = world.chain._state.balances
    _handed_to_ben(world, Revoke.revoke_claimable_balance_sponsorship(id))
    balance = world.chain.claimable_balance(id)
    assert balance is not None
    assert balance.sponsor == BEN
    assert (_account(world, SPONSOR).num_sponsoring, _account(world, BEN).num_sponsoring) == (0, 1)


def test_a_balance_keeps_its_sponsor_when_the_transaction_fails(world: World) -> None:
    world.ok(sdk.CreateClaimableBalance(LUMENS, "5", [Claimant(ISSUER)]), by="sponsor")
    (id,) = world.chain._state.balances
    told = world.run(
        sdk.BeginSponsoringFutureReserves(SPONSOR),
        _by("sponsor", Revoke.revoke_claimable_balance_sponsorship(id)),
        sdk.EndSponsoringFutureReserves(source=SPONSOR),
        sdk.Payment(NOBODY, LUMENS, "1"),
        by=KEYS["ben"],
        also=("sponsor",),
    )
    assert told[0] == "tx_failed"
    balance = world.chain.claimable_balance(id)
    assert balance is not None
    assert balance.sponsor == SPONSOR


def test_a_claimed_balance_gives_its_reserve_back(world: World) -> None:
    claimants = [Claimant(BEN), Claimant(ISSUER)]
    world.ok(sdk.CreateClaimableBalance(LUMENS, "5", claimants), by="anna")
    assert _account(world, ANNA).num_sponsoring == 2
    (id,) = world.chain._state.balances
    world.ok(sdk.ClaimClaimableBalance(id), by="ben")
    assert _account(world, ANNA).num_sponsoring == 0
    assert world.chain.claimable_balance(id) is None
