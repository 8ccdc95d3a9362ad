"""More ways in which an operation is wrong, each with the code that core gives it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import stellar_sdk as sdk
from stellar_sdk import Asset, AuthorizationFlag, Claimant, ClaimPredicate, Keypair, TrustLineFlags

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

AUTHORIZED = TrustLineFlags.AUTHORIZED_FLAG
MAINTAIN = TrustLineFlags.AUTHORIZED_TO_MAINTAIN_LIABILITIES_FLAG
CLAWBACK = TrustLineFlags.TRUSTLINE_CLAWBACK_ENABLED_FLAG
REVOCABLE = AuthorizationFlag.AUTHORIZATION_REVOCABLE
REQUIRED = AuthorizationFlag.AUTHORIZATION_REQUIRED
NO_BALANCE = "00000000" + "ab" * 32
NEVER = ClaimPredicate.predicate_not(ClaimPredicate.predicate_unconditional())
RELATIVE = ClaimPredicate.predicate_before_relative_time


@pytest.fixture
def world() -> World:
    return World()


def _held(world: World) -> None:
    """Anna holds 10 of at most 10."""
    world.ok(sdk.ChangeTrust(KESX, "10"), by="anna")
    world.ok(sdk.Payment(ANNA, KESX, "10"), by="issuer")


def _held_by_both(world: World) -> None:
    _held(world)
    world.ok(sdk.ChangeTrust(KESX), by="ben")
    world.ok(sdk.Payment(BEN, KESX, "5"), by="issuer")


def _shut(world: World) -> None:
    """Ben has trusted an issuer who has to allow it, and hasn't."""
    world.ok(sdk.SetOptions(set_flags=REQUIRED | REVOCABLE), by="issuer")
    world.ok(sdk.ChangeTrust(KESX), by="ben")


def _open_then_shut(world: World) -> None:
    """Anna held 10 before her line was shut."""
    _held(world)
    world.ok(sdk.SetOptions(set_flags=REQUIRED | REVOCABLE), by="issuer")
    world.ok(sdk.SetTrustLineFlags(ANNA, KESX, clear_flags=AUTHORIZED), by="issuer")


def _poor(world: World) -> None:
    """Anna has a lumen above her reserve, less the fees of this and the next."""
    account = world.chain.account(ANNA)
    assert account is not None
    left = account.balance - 10_000_000 - 4_000_000 - 100
    world.ok(sdk.Payment(BEN, LUMENS, f"{left // 10**7}.{left % 10**7:07d}"), by="anna")


def _many_signers(world: World) -> None:
    keys = [Keypair.from_raw_ed25519_seed(bytes([n]) * 32).public_key for n in range(20)]
    added = [sdk.SetOptions(signer=sdk.Signer.ed25519_public_key(key, 1)) for key in keys]
    world.ok(*added, by="anna")


def _immutable(world: World) -> None:
    world.ok(sdk.SetOptions(set_flags=AuthorizationFlag.AUTHORIZATION_IMMUTABLE), by="anna")


def _far_ahead(world: World) -> None:
    world.ok(sdk.BumpSequence((world.chain.next_sequence + 5) << 32), by="anna")


def _ben_without_line(world: World) -> None:
    """Anna has set 5 aside for Ben, who has no line for it."""
    _held(world)
    world.ok(sdk.CreateClaimableBalance(KESX, "5", [Claimant(BEN)]), by="anna")


def _ben_with_shut_line(world: World) -> None:
    _ben_without_line(world)
    _shut(world)


def _ben_with_full_line(world: World) -> None:
    _ben_without_line(world)
    world.ok(sdk.ChangeTrust(KESX, "4"), by="ben")


def _for_ben_when(predicate: ClaimPredicate) -> Callable[[World], None]:
    def prepare(world: World) -> None:
        world.ok(sdk.CreateClaimableBalance(LUMENS, "5", [Claimant(BEN, predicate)]), by="anna")
        world.now += 100

    return prepare


def _lent_data(world: World) -> None:
    world.ok(
        sdk.BeginSponsoringFutureReserves(ANNA),
        sdk.ManageData("x", "1", source=ANNA),
        sdk.EndSponsoringFutureReserves(source=ANNA),
        by="sponsor",
        also=("anna",),
    )


def _lent_data_to_the_poor(world: World) -> None:
    _lent_data(world)
    _poor(world)


def _own_balance(world: World) -> None:
    world.ok(sdk.CreateClaimableBalance(LUMENS, "5", [Claimant(BEN)]), by="anna")


def _the_balance(world: World) -> str:
    return next(iter(world.chain._state.balances), NO_BALANCE)


def _claim(world: World) -> sdk.ClaimClaimableBalance:
    return sdk.ClaimClaimableBalance(_the_balance(world))


def _aside(amount: str, *claimants: Claimant, asset: Asset = LUMENS) -> sdk.CreateClaimableBalance:
    return sdk.CreateClaimableBalance(asset, amount, list(claimants or (Claimant(BEN),)))


def _for_the_issuer(world: World) -> None:
    _held(world)
    world.ok(_aside("5", Claimant(ISSUER), asset=KESX), by="anna")


def _signer(key: str, weight: int) -> sdk.SetOptions:
    return sdk.SetOptions(signer=sdk.Signer.ed25519_public_key(key, weight))


def _deep(depth: int) -> ClaimPredicate:
    found = ClaimPredicate.predicate_unconditional()
    for _ in range(depth - 1):
        found = ClaimPredicate.predicate_not(found)
    return found


@dataclass(frozen=True)
class Case:
    """One operation by somebody, after a preparation, and the code that it must get."""

    name: str
    code: str
    operation: Any
    prepare: Callable[[World], None] = lambda _: None
    by: str = "anna"
    refused: bool = False


CASES = [
    Case("create into one's reserve", "op_underfunded", sdk.CreateAccount(NOBODY, "99")),
    Case("create with nothing to spare", "op_underfunded",
         sdk.CreateAccount(NOBODY, "1"), _poor),
    Case("pay into a full line", "op_line_full", sdk.Payment(ANNA, KESX, "1"), _held, "issuer"),
    Case("pay beyond the room of a line", "op_line_full", sdk.Payment(ANNA, KESX, "1"),
         _held_by_both, "ben"),
    Case("pay nobody an asset", "op_no_destination", sdk.Payment(NOBODY, KESX, "1"), _held),
    Case("pay into a shut line", "op_not_authorized", sdk.Payment(BEN, KESX, "1"), _shut),
    Case("the destination is looked at first", "op_no_trust", sdk.Payment(BEN, KESX, "1")),
    Case("pay oneself what has no room twice", "op_line_full", sdk.Payment(ANNA, KESX, "10"),
         _held),
    Case("burn from a shut line", "op_src_not_authorized", sdk.Payment(ISSUER, KESX, "1"),
         _open_then_shut),
    Case("burn more than one has", "op_underfunded", sdk.Payment(ISSUER, KESX, "11"), _held),
    Case("trust without a reserve", "op_low_reserve", sdk.ChangeTrust(KESX), _poor),
    Case("trust lumens", "op_malformed", sdk.ChangeTrust(LUMENS), refused=True),
    Case("end trust with something left", "op_invalid_limit", sdk.ChangeTrust(KESX, "0"), _held),
    Case("authorize oneself", "op_malformed",
         sdk.SetTrustLineFlags(ISSUER, KESX, set_flags=AUTHORIZED), by="issuer", refused=True),
    Case("set and clear the same", "op_malformed",
         sdk.SetTrustLineFlags(ANNA, KESX, set_flags=AUTHORIZED, clear_flags=AUTHORIZED),
         by="issuer", refused=True),
    Case("set both kinds of authority", "op_malformed",
         sdk.SetTrustLineFlags(ANNA, KESX, set_flags=AUTHORIZED | MAINTAIN), by="issuer",
         refused=True),
    Case("set clawback on a line", "op_malformed",
         sdk.SetTrustLineFlags(ANNA, KESX, set_flags=CLAWBACK), by="issuer", refused=True),
    Case("authorize lumens", "op_malformed",
         sdk.SetTrustLineFlags(ANNA, LUMENS, set_flags=AUTHORIZED), by="issuer", refused=True),
    Case("both kinds at once", "op_invalid_state",
         sdk.SetTrustLineFlags(ANNA, KESX, set_flags=MAINTAIN), _held, "issuer"),
    Case("revoke from who isn't there", "op_cant_revoke",
         sdk.SetTrustLineFlags(NOBODY, KESX, clear_flags=AUTHORIZED), by="issuer"),
    Case("an unknown flag", "op_unknown_flag", sdk.SetOptions(set_flags=16), refused=True),
    Case("a master weight beyond a byte", "op_threshold_out_of_range",
         sdk.SetOptions(master_weight=256), refused=True),
    Case("a signer's weight beyond a byte", "op_bad_signer", _signer(BEN, 256), refused=True),
    Case("a home domain in another script", "op_invalid_home_domain",
         sdk.SetOptions(home_domain="näni.example"), refused=True),
    Case("a signer without a reserve", "op_low_reserve", _signer(BEN, 1), _poor),
    Case("a signer too many", "op_too_many_signers", _signer(BEN, 1), _many_signers),
    Case("inflation to nobody", "op_invalid_inflation", sdk.SetOptions(inflation_dest=NOBODY)),
    Case("clear what is for ever", "op_cant_change", sdk.SetOptions(clear_flags=REVOCABLE),
         _immutable),
    Case("data without a reserve", "op_low_reserve", sdk.ManageData("x", "1"), _poor),
    Case("data under an unprintable name", "op_data_invalid_name", sdk.ManageData("\x07", "1"),
         refused=True),
    Case("merge while far ahead", "op_seq_num_too_far", sdk.AccountMerge(BEN), _far_ahead),
    Case("end another's sponsoring", "op_not_sponsored", sdk.EndSponsoringFutureReserves(),
         _lent_data),
    Case("revoke without a reserve of her own", "op_low_reserve",
         sdk.RevokeSponsorship.revoke_data_sponsorship(ANNA, "x"), _lent_data_to_the_poor,
         "sponsor"),
    Case("revoke what another lends", "op_not_sponsor",
         sdk.RevokeSponsorship.revoke_data_sponsorship(ANNA, "x"), _lent_data),
    Case("revoke for nobody", "op_does_not_exist",
         sdk.RevokeSponsorship.revoke_account_sponsorship(NOBODY)),
    Case("revoke no line", "op_does_not_exist",
         sdk.RevokeSponsorship.revoke_trustline_sponsorship(ANNA, KESX)),
    Case("revoke no signer", "op_does_not_exist",
         sdk.RevokeSponsorship.revoke_signer_sponsorship(
             ANNA, sdk.SignerKey.ed25519_public_key(BEN))),
    Case("revoke no balance", "op_does_not_exist",
         sdk.RevokeSponsorship.revoke_claimable_balance_sponsorship(NO_BALANCE)),
    Case("revoke the only reserve of a balance", "op_only_transferable",
         lambda world: sdk.RevokeSponsorship.revoke_claimable_balance_sponsorship(
             _the_balance(world)), _own_balance),
    Case("set nothing aside", "op_malformed", _aside("0"), refused=True),
    Case("a condition five deep", "op_malformed", _aside("5", Claimant(BEN, _deep(5))),
         refused=True),
    Case("a condition before all times", "op_malformed",
         _aside("5", Claimant(BEN, RELATIVE(-1))), refused=True),
    Case("set aside with too little for the reserves", "op_low_reserve",
         _aside("97.9", Claimant(BEN), Claimant(NOBODY), Claimant(SPONSOR))),
    Case("set aside from a shut line", "op_not_authorized", _aside("5", asset=KESX),
         _open_then_shut),
    Case("set aside more of it than one has", "op_underfunded", _aside("11", asset=KESX), _held),
    Case("claim without a line", "op_no_trust", _claim, _ben_without_line, "ben"),
    Case("claim into a shut line", "op_not_authorized", _claim, _ben_with_shut_line, "ben"),
    Case("claim into a full line", "op_line_full", _claim, _ben_with_full_line, "ben"),
    Case("claim never", "op_cannot_claim", _claim, _for_ben_when(NEVER), "ben"),
    Case("claim when one of two holds", "op_cannot_claim", _claim,
         _for_ben_when(ClaimPredicate.predicate_and(RELATIVE(200), RELATIVE(50))), "ben"),
    Case("claim when neither holds", "op_cannot_claim", _claim,
         _for_ben_when(ClaimPredicate.predicate_or(NEVER, RELATIVE(50))), "ben"),
    Case("claim too early", "op_cannot_claim", _claim,
         _for_ben_when(ClaimPredicate.predicate_not(RELATIVE(200))), "ben"),
    Case("claim after a date", "op_cannot_claim", _claim,
         _for_ben_when(ClaimPredicate.predicate_before_absolute_time(1_000_050)), "ben"),
]  # fmt: skip
RIGHT = [
    Case("claim when one of two suffices", "op_success", _claim,
         _for_ben_when(ClaimPredicate.predicate_or(NEVER, RELATIVE(200))), "ben"),
    Case("claim when both hold", "op_success", _claim,
         _for_ben_when(ClaimPredicate.predicate_and(
             RELATIVE(200), ClaimPredicate.predicate_not(RELATIVE(50)))), "ben"),
    Case("claim before a date", "op_success", _claim,
         _for_ben_when(ClaimPredicate.predicate_before_absolute_time(1_000_200)), "ben"),
    Case("a condition four deep", "op_success", _aside("5", Claimant(BEN, _deep(4)))),
    Case("burn", "op_success", sdk.Payment(ISSUER, KESX, "10"), _held),
    Case("end trust with nothing left", "op_success", sdk.ChangeTrust(KESX, "0"),
         lambda world: world.ok(sdk.ChangeTrust(KESX), by="anna")),
    Case("freeze a line", "op_success",
         sdk.SetTrustLineFlags(BEN, KESX, clear_flags=AUTHORIZED), _shut, "issuer"),
    Case("let a line keep what it owes", "op_success",
         sdk.SetTrustLineFlags(ANNA, KESX, set_flags=MAINTAIN), _open_then_shut, "issuer"),
    Case("remove a signer that is none", "op_success", _signer(BEN, 0)),
    Case("bump back", "op_success", sdk.BumpSequence(1)),
    Case("claim as the issuer", "op_success", _claim, _for_the_issuer, "issuer"),
]  # fmt: skip


@pytest.mark.parametrize("case", [*CASES, *RIGHT], ids=lambda case: case.name)
def test_each_wrong_way_has_its_own_code(world: World, case: Case) -> None:
    case.prepare(world)
    operation = case.operation(world) if callable(case.operation) else case.operation

    *refused, code, own = world.run(operation, by=KEYS[case.by])

    assert (code, own) == ("tx_success" if case.code == "op_success" else "tx_failed", case.code)
    assert bool(refused) == case.refused
    assert world.chain.lumens() == 10**18


def test_the_tables_hold_many_wrong_ways() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 50
