"""The simulated ledger is as strict as core: each operation right, and wrong in one way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import stellar_sdk as sdk
from stellar_sdk import Asset, AuthorizationFlag, Claimant, ClaimPredicate, Keypair, TrustLineFlags

from simulators.horizon.ledger.chain import MalformedEnvelope
from tests.factories.stellar_worlds import (
    ANNA,
    BEN,
    ISSUER,
    KESX,
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


def _trusting(world: World) -> None:
    world.ok(sdk.ChangeTrust(KESX), by="anna")
    world.ok(sdk.Payment(ANNA, KESX, "10"), by="issuer")


def _required(world: World) -> None:
    flags = AuthorizationFlag.AUTHORIZATION_REQUIRED | AuthorizationFlag.AUTHORIZATION_REVOCABLE
    world.ok(sdk.SetOptions(set_flags=flags), by="issuer")


def _unauthorized(world: World) -> None:
    _required(world)
    world.ok(sdk.ChangeTrust(KESX), by="anna")


def _shut(world: World) -> None:
    _trusting(world)
    _required(world)
    taken = sdk.SetTrustLineFlags(ANNA, KESX, clear_flags=TrustLineFlags.AUTHORIZED_FLAG)
    world.ok(taken, by="issuer")


def _immutable(world: World) -> None:
    world.ok(sdk.SetOptions(set_flags=AuthorizationFlag.AUTHORIZATION_IMMUTABLE), by="anna")


def _data(world: World) -> None:
    world.ok(sdk.ManageData("x", "1"), by="anna")


def _sponsoring(world: World) -> None:
    world.ok(
        sdk.BeginSponsoringFutureReserves(ANNA),
        sdk.ManageData("x", "1", source=ANNA),
        sdk.EndSponsoringFutureReserves(source=ANNA),
        by="sponsor",
        also=("anna",),
    )


def _set_aside(world: World, predicate: ClaimPredicate | None = None) -> None:
    claimant = Claimant(BEN, predicate)
    world.ok(sdk.CreateClaimableBalance(LUMENS, "5", [claimant]), by="anna")


def _set_aside_until(world: World) -> None:
    _set_aside(world, ClaimPredicate.predicate_before_relative_time(60))
    world.now += 61


def _balance_id(world: World) -> str:
    return next(iter(world.chain._state.balances), "00000000" + "ab" * 32)


@dataclass(frozen=True)
class Case:
    """One operation by somebody, after a preparation, and the code that it must get."""

    name: str
    code: str
    operation: Callable[[World], Any]
    prepare: Callable[[World], None] = lambda _: None
    by: str = "anna"
    refused: bool = False


def _case(name: str, code: str, operation: Any, **fields: Any) -> Case:
    given = operation if callable(operation) else lambda _: operation
    return Case(name, code, given, **fields)


CASES = [
    _case("create", "op_success", sdk.CreateAccount(NOBODY, "1")),
    _case("create with nothing", "op_low_reserve", sdk.CreateAccount(NOBODY, "0")),
    _case("create below the reserve", "op_low_reserve", sdk.CreateAccount(NOBODY, "0.9999999")),
    _case("create one that is there", "op_already_exists", sdk.CreateAccount(BEN, "1")),
    _case("create beyond one's means", "op_underfunded", sdk.CreateAccount(NOBODY, "99.5")),
    _case("create oneself", "op_malformed", sdk.CreateAccount(ANNA, "1"), refused=True),
    _case("pay", "op_success", sdk.Payment(BEN, LUMENS, "1")),
    _case("pay oneself more than one has", "op_success", sdk.Payment(ANNA, LUMENS, "500")),
    _case("pay nobody", "op_no_destination", sdk.Payment(NOBODY, LUMENS, "1")),
    _case("pay into the reserve", "op_underfunded", sdk.Payment(BEN, LUMENS, "99.5")),
    _case("pay nothing", "op_malformed", sdk.Payment(BEN, LUMENS, "0"), refused=True),
    _case("pay an asset", "op_success", sdk.Payment(ISSUER, KESX, "3"), prepare=_trusting),
    _case("pay an asset without trust", "op_no_trust", sdk.Payment(BEN, KESX, "1"),
          prepare=_trusting),
    _case("pay more of it", "op_underfunded", sdk.Payment(ISSUER, KESX, "11"), prepare=_trusting),
    _case("pay it untrusting", "op_src_no_trust", sdk.Payment(ISSUER, KESX, "1")),
    _case("pay it from a shut line", "op_src_not_authorized", sdk.Payment(ISSUER, KESX, "1"),
          prepare=_shut),
    _case("issue to a shut line", "op_not_authorized", sdk.Payment(ANNA, KESX, "1"),
          prepare=_unauthorized, by="issuer"),
    _case("issue to nobody", "op_no_destination", sdk.Payment(NOBODY, KESX, "1"), by="issuer"),
    _case("trust", "op_success", sdk.ChangeTrust(KESX)),
    _case("trust nobody", "op_no_issuer", sdk.ChangeTrust(Asset("KESX", NOBODY))),
    _case("trust oneself", "op_malformed", sdk.ChangeTrust(Asset("KESX", ANNA)), refused=True),
    _case("trust with no limit", "op_invalid_limit", sdk.ChangeTrust(KESX, "0")),
    _case("trust below the balance", "op_invalid_limit", sdk.ChangeTrust(KESX, "9"),
          prepare=_trusting),
    _case("authorize", "op_success",
          sdk.SetTrustLineFlags(ANNA, KESX, set_flags=TrustLineFlags.AUTHORIZED_FLAG),
          prepare=_unauthorized, by="issuer"),
    _case("authorize no line", "op_no_trust",
          sdk.SetTrustLineFlags(ANNA, KESX, set_flags=TrustLineFlags.AUTHORIZED_FLAG), by="issuer"),
    _case("revoke without the right", "op_cant_revoke",
          sdk.SetTrustLineFlags(ANNA, KESX, clear_flags=TrustLineFlags.AUTHORIZED_FLAG),
          prepare=_trusting, by="issuer"),
    _case("authorize another's asset", "op_malformed",
          sdk.SetTrustLineFlags(ISSUER, KESX, set_flags=TrustLineFlags.AUTHORIZED_FLAG),
          refused=True),
    _case("set a home domain", "op_success", sdk.SetOptions(home_domain="nannychain.example")),
    _case("set and clear a flag", "op_bad_flags",
          sdk.SetOptions(set_flags=AuthorizationFlag.AUTHORIZATION_REQUIRED,
                         clear_flags=AuthorizationFlag.AUTHORIZATION_REQUIRED), refused=True),
    _case("clawback without revoking", "op_auth_revocable_required",
          sdk.SetOptions(set_flags=AuthorizationFlag.AUTHORIZATION_CLAWBACK_ENABLED)),
    _case("change what is for ever", "op_cant_change",
          sdk.SetOptions(set_flags=AuthorizationFlag.AUTHORIZATION_REQUIRED), prepare=_immutable),
    _case("a weight beyond a byte", "op_threshold_out_of_range",
          sdk.SetOptions(high_threshold=256), refused=True),
    _case("be one's own signer", "op_bad_signer",
          sdk.SetOptions(signer=sdk.Signer.ed25519_public_key(ANNA, 1)), refused=True),
    _case("add a signer", "op_success",
          sdk.SetOptions(signer=sdk.Signer.ed25519_public_key(BEN, 1))),
    _case("store data", "op_success", sdk.ManageData("x", "1")),
    _case("remove no data", "op_data_name_not_found", sdk.ManageData("x", None)),
    _case("bump a sequence", "op_success", sdk.BumpSequence(0)),
    _case("merge", "op_success", sdk.AccountMerge(BEN)),
    _case("merge into nobody", "op_no_account", sdk.AccountMerge(NOBODY)),
    _case("merge into oneself", "op_malformed", sdk.AccountMerge(ANNA), refused=True),
    _case("merge with a trustline", "op_has_sub_entries", sdk.AccountMerge(BEN),
          prepare=_trusting),
    _case("merge with data", "op_has_sub_entries", sdk.AccountMerge(BEN), prepare=_data),
    _case("merge what is for ever", "op_immutable_set", sdk.AccountMerge(BEN), prepare=_immutable),
    _case("merge a sponsor", "op_is_sponsor", sdk.AccountMerge(BEN), prepare=_sponsoring,
          by="sponsor"),
    _case("sponsor oneself", "op_malformed", sdk.BeginSponsoringFutureReserves(ANNA),
          refused=True),
    _case("end no sponsoring", "op_not_sponsored", sdk.EndSponsoringFutureReserves()),
    _case("revoke a sponsorship", "op_success",
          sdk.RevokeSponsorship.revoke_data_sponsorship(ANNA, "x"), prepare=_sponsoring,
          by="sponsor"),
    _case("revoke another's sponsorship", "op_not_sponsor",
          sdk.RevokeSponsorship.revoke_data_sponsorship(ANNA, "x"), prepare=_sponsoring,
          by="ben"),
    _case("revoke what is not there", "op_does_not_exist",
          sdk.RevokeSponsorship.revoke_data_sponsorship(ANNA, "y"), prepare=_sponsoring),
    _case("set aside", "op_success",
          sdk.CreateClaimableBalance(LUMENS, "5", [Claimant(BEN)])),
    _case("set aside beyond one's means", "op_underfunded",
          sdk.CreateClaimableBalance(LUMENS, "99", [Claimant(BEN)])),
    _case("set aside into the reserve", "op_low_reserve",
          sdk.CreateClaimableBalance(LUMENS, "98.7", [Claimant(BEN)])),
    _case("set aside twice for one", "op_malformed",
          sdk.CreateClaimableBalance(LUMENS, "5", [Claimant(BEN), Claimant(BEN)]), refused=True),
    _case("set aside an asset untrusting", "op_no_trust",
          sdk.CreateClaimableBalance(KESX, "5", [Claimant(BEN)])),
    _case("claim", "op_success", lambda world: sdk.ClaimClaimableBalance(_balance_id(world)),
          prepare=_set_aside, by="ben"),
    _case("claim another's", "op_cannot_claim",
          lambda world: sdk.ClaimClaimableBalance(_balance_id(world)), prepare=_set_aside),
    _case("claim too late", "op_cannot_claim",
          lambda world: sdk.ClaimClaimableBalance(_balance_id(world)), prepare=_set_aside_until,
          by="ben"),
    _case("claim what is not there", "op_does_not_exist",
          lambda world: sdk.ClaimClaimableBalance(_balance_id(world)), by="ben"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_operation_gets_the_code_that_core_gives(world: World, case: Case) -> None:
    case.prepare(world)
    before = world.chain.account(KEYS[case.by].public_key)
    assert before is not None
    sequence = before.sequence

    *refused, code, own = world.run(case.operation(world), by=KEYS[case.by])

    whole = "tx_success" if case.code == "op_success" else "tx_failed"
    assert (code, own) == (whole, case.code)
    assert bool(refused) == case.refused
    after = world.chain.account(KEYS[case.by].public_key)
    if after is not None:
        assert after.sequence == sequence + (not case.refused), "applied, it uses its sequence up"
    assert world.chain.lumens() == 10**18


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"times": (2_000_000, 0)}, "tx_too_early"),
        ({"times": (0, 999_999)}, "tx_too_late"),
        ({"ledgers": (2_000, 0)}, "tx_too_early"),
        ({"ledgers": (0, 1_002)}, "tx_too_late"),
        ({"sequence": 5}, "tx_bad_seq"),
        ({"signers": ()}, "tx_bad_auth"),
        ({"signers": (KEYS["ben"],)}, "tx_bad_auth"),
        ({"signers": (KEYS["anna"], KEYS["ben"])}, "tx_bad_auth_extra"),
        ({"by": KEYS["nobody"]}, "tx_no_source_account"),
        ({"fee": 995_000_001}, "tx_insufficient_balance"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_transaction_that_is_wrong_as_a_whole_is_refused(
    world: World, changes: dict[str, Any], code: str
) -> None:
    given = {"by": KEYS["anna"], **changes}
    assert world.run(sdk.Payment(BEN, LUMENS, "1"), **given) == ["refused", code]


def test_a_transaction_without_operations_is_refused(world: World) -> None:
    assert world.run(by=KEYS["anna"], fee=100) == ["refused", "tx_missing_operation"]


def test_the_last_ledger_of_the_bounds_is_the_one_before(world: World) -> None:
    next_ledger = world.chain.next_sequence
    payment = sdk.Payment(BEN, LUMENS, "1")
    told = world.run(payment, by=KEYS["anna"], ledgers=(0, next_ledger))
    assert told == ["refused", "tx_too_late"]
    assert world.run(payment, by=KEYS["anna"], ledgers=(0, next_ledger + 1))[0] == "tx_success"


def test_an_operation_for_another_needs_her_signature(world: World) -> None:
    payment = sdk.Payment(ANNA, LUMENS, "1", source=BEN)
    assert world.run(payment, by=KEYS["anna"]) == ["refused", "tx_failed", "op_bad_auth"]
    assert world.run(payment, by=KEYS["anna"], also=("ben",))[0] == "tx_success"


def test_one_that_fails_takes_back_the_others_and_keeps_fee_and_sequence(world: World) -> None:
    before = world.chain.account(ANNA)
    assert before is not None
    balance, sequence = before.balance, before.sequence

    told = world.run(
        sdk.Payment(BEN, LUMENS, "1"), sdk.Payment(NOBODY, LUMENS, "1"),
        sdk.Payment(BEN, LUMENS, "1"), by=KEYS["anna"],
    )  # fmt: skip

    assert told == ["tx_failed", "op_success", "op_no_destination", "op_success"]
    after = world.chain.account(ANNA)
    assert after is not None
    assert (after.balance, after.sequence) == (balance - 300, sequence + 1)


def test_a_sponsorship_that_is_left_open_fails_the_whole(world: World) -> None:
    begun = sdk.BeginSponsoringFutureReserves(BEN)
    assert world.run(begun, by=KEYS["anna"])[0] == "tx_bad_sponsorship"


def test_eighteen_are_opened_with_nothing_and_give_the_reserve_back(world: World) -> None:
    members = [Keypair.from_raw_ed25519_seed(bytes([n]) * 32) for n in range(18)]
    operations: list[Any] = []
    for member in members:
        operations += [
            sdk.BeginSponsoringFutureReserves(member.public_key, source=SPONSOR),
            sdk.CreateAccount(member.public_key, "0", source=SPONSOR),
            sdk.EndSponsoringFutureReserves(source=member.public_key),
        ]
    signers = (KEYS["anna"], KEYS["sponsor"], *members)
    assert len(signers) == 20
    assert world.run(*operations, by=KEYS["anna"], signers=signers)[0] == "tx_success"
    sponsor = world.chain.account(SPONSOR)
    assert sponsor is not None
    assert sponsor.num_sponsoring == 36
    world.chain.close_ledger()

    merges = [sdk.AccountMerge(SPONSOR, source=member.public_key) for member in members]
    assert world.run(*merges, by=KEYS["anna"], signers=(KEYS["anna"], *members))[0] == "tx_success"
    sponsor = world.chain.account(SPONSOR)
    assert sponsor is not None
    assert sponsor.num_sponsoring == 0


def test_twenty_one_signatures_are_no_envelope(world: World) -> None:
    signers = tuple(Keypair.from_raw_ed25519_seed(bytes([n]) * 32) for n in range(21))
    envelope = world.envelope(sdk.BumpSequence(0), by=KEYS["anna"], signers=signers[:20])
    xdr = envelope.to_xdr_object()
    xdr.v1.signatures.append(xdr.v1.signatures[0])
    with pytest.raises((MalformedEnvelope, ValueError)):
        world.chain.submit(xdr.to_xdr())


@pytest.mark.parametrize("text", ["", "AAAA", "not base 64", "AAAAAgAAAAA="])
def test_what_is_no_envelope_is_malformed(world: World, text: str) -> None:
    with pytest.raises(MalformedEnvelope):
        world.chain.submit(text)


def test_the_networks_id_and_root_are_the_published_ones() -> None:
    """Stellar's documentation: the id is the hash of the passphrase, and the root's seed."""
    assert World().chain.root_keypair.secret == (
        "SDHOAMBNLGCE2MV5ZKIVZAQD3VCLGP53P3OBSBI6UN5L5XZI5TKHFQL4"
    )
    network = sdk.Network(PASSPHRASE).network_id().hex()
    assert network == "cee0302d59844d32bdca915c8203dd44b33fbb7edc19051ea37abedf28ecd472"


@pytest.mark.parametrize(
    "address",
    [
        "GAAAAAAAACGC6",  # too short
        "G47QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVP2I",  # a version that is none
        "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZA",  # one letter too many
        "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGA",  # a wrong checksum
    ],
)
def test_an_invalid_address_of_the_standard_is_refused(address: str) -> None:
    """After SEP-23's invalid test cases."""
    assert not sdk.StrKey.is_valid_ed25519_public_key(address)
