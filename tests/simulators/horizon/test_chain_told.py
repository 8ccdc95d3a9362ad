"""What the ledger tells of an operation: Horizon's fields and effects, done or not."""

from typing import Any

import pytest
import stellar_sdk as sdk
from stellar_sdk import AuthorizationFlag, Claimant, ClaimPredicate, TrustLineFlags

from simulators.horizon.ledger.types import Operation
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

KESX_JSON = {"asset_type": "credit_alphanum4", "asset_code": "KESX", "asset_issuer": ISSUER}


@pytest.fixture
def world() -> World:
    return World()


def _done(world: World, *operations: Any, by: str, also: tuple[str, ...] = ()) -> list[Operation]:
    """Do something that works and return what is told of each operation."""
    world.ok(*operations, by=by, also=also)
    return list(world.chain.latest.transactions[0].operations)


def _effects(operation: Operation) -> list[tuple[str, int, str]]:
    return [(each.type, each.type_i, each.account) for each in operation.effects]


def test_an_account_that_is_made(world: World) -> None:
    (told,) = _done(world, sdk.CreateAccount(NOBODY, "2.5"), by="anna")
    assert (told.type, told.type_i, told.order) == ("create_account", 0, 1)
    assert told.details == {"starting_balance": "2.5000000", "funder": ANNA, "account": NOBODY}
    assert _effects(told) == [
        ("account_created", 0, NOBODY),
        ("account_debited", 3, ANNA),
        ("signer_created", 10, NOBODY),
    ]
    assert told.effects[1].details == {"asset_type": "native", "amount": "2.5000000"}


def test_a_payment_in_an_asset(world: World) -> None:
    world.ok(sdk.ChangeTrust(KESX), by="anna")
    (told,) = _done(world, sdk.Payment(ANNA, KESX, "7"), by="issuer")
    assert told.details == {**KESX_JSON, "from": ISSUER, "to": ANNA, "amount": "7.0000000"}
    assert _effects(told) == [("account_credited", 2, ANNA), ("account_debited", 3, ISSUER)]
    assert told.effects[0].details == {**KESX_JSON, "amount": "7.0000000"}


def test_what_failed_is_told_without_effects(world: World) -> None:
    assert world.run(sdk.Payment(BEN, LUMENS, "1"), sdk.AccountMerge(NOBODY), by=KEYS["anna"]) == [
        "tx_failed",
        "op_success",
        "op_no_account",
    ]
    (landed,) = world.chain.latest.transactions
    payment, merge = landed.operations
    assert (payment.details["to"], payment.effects) == (BEN, ())
    assert (merge.details, merge.effects) == ({"account": ANNA, "into": NOBODY}, ())
    assert world.chain.latest.failed_transaction_count == 1
    assert world.chain.latest.operation_count == 0


def test_a_trustline_from_its_opening_to_its_end(world: World) -> None:
    (opened,) = _done(world, sdk.ChangeTrust(KESX, "9"), by="anna")
    assert opened.details == {
        **KESX_JSON,
        "limit": "9.0000000",
        "trustor": ANNA,
        "trustee": ISSUER,
    }
    (changed,) = _done(world, sdk.ChangeTrust(KESX, "8"), by="anna")
    (ended,) = _done(world, sdk.ChangeTrust(KESX, "0"), by="anna")
    assert [_effects(each)[0][:2] for each in (opened, changed, ended)] == [
        ("trustline_created", 20),
        ("trustline_updated", 22),
        ("trustline_removed", 21),
    ]


def test_flags_of_a_line_are_told_by_number_and_by_name(world: World) -> None:
    flags = AuthorizationFlag.AUTHORIZATION_REQUIRED | AuthorizationFlag.AUTHORIZATION_REVOCABLE
    (options,) = _done(world, sdk.SetOptions(set_flags=flags), by="issuer")
    assert options.details["set_flags"] == [1, 2]
    assert options.details["set_flags_s"] == ["auth_required", "auth_revocable"]
    assert options.effects[0].details == {"auth_required_flag": True, "auth_revocable_flag": True}
    world.ok(sdk.ChangeTrust(KESX), by="anna")
    allowed = sdk.SetTrustLineFlags(ANNA, KESX, set_flags=TrustLineFlags.AUTHORIZED_FLAG)
    (told,) = _done(world, allowed, by="issuer")
    assert told.details == {
        **KESX_JSON,
        "trustor": ANNA,
        "set_flags": [1],
        "set_flags_s": ["authorized"],
    }
    assert _effects(told) == [("trustline_flags_updated", 26, ISSUER)]
    assert told.effects[0].details["authorized_flag"] is True


def test_options_are_told_one_by_one(world: World) -> None:
    signer = sdk.Signer.ed25519_public_key(BEN, 3)
    (told,) = _done(
        world, sdk.SetOptions(home_domain="x.example", med_threshold=1, signer=signer,
                              master_weight=2), by="anna",
    )  # fmt: skip
    assert told.details == {
        "home_domain": "x.example",
        "med_threshold": 1,
        "master_key_weight": 2,
        "signer_key": BEN,
        "signer_weight": 3,
    }
    assert _effects(told) == [
        ("account_home_domain_updated", 5, ANNA),
        ("account_thresholds_updated", 4, ANNA),
        ("signer_updated", 12, ANNA),
        ("signer_created", 10, ANNA),
    ]
    assert told.effects[3].details == {"weight": 3, "public_key": BEN, "key": BEN}


def test_data_and_sequences(world: World) -> None:
    (made,) = _done(world, sdk.ManageData("x", "1"), by="anna")
    (changed,) = _done(world, sdk.ManageData("x", "2"), by="anna")
    (removed,) = _done(world, sdk.ManageData("x", None), by="anna")
    assert made.details == {"name": "x", "value": "MQ=="}
    assert removed.details == {"name": "x", "value": ""}
    assert [_effects(each)[0][:2] for each in (made, changed, removed)] == [
        ("data_created", 40),
        ("data_updated", 42),
        ("data_removed", 41),
    ]
    account = world.chain.account(ANNA)
    assert account is not None
    (bumped,) = _done(world, sdk.BumpSequence(account.sequence + 9), by="anna")
    assert bumped.effects[0].details == {"new_seq": bumped.details["bump_to"]}
    (idle,) = _done(world, sdk.BumpSequence(0), by="anna")
    assert idle.effects == ()


def test_a_merge_tells_what_moved(world: World) -> None:
    before = world.chain.account(ANNA)
    assert before is not None
    left = before.balance - 100
    (told,) = _done(world, sdk.AccountMerge(BEN), by="anna")
    assert _effects(told) == [
        ("account_debited", 3, ANNA),
        ("account_credited", 2, BEN),
        ("account_removed", 1, ANNA),
    ]
    assert told.effects[0].details["amount"] == f"{left // 10**7}.{left % 10**7:07d}"


def test_a_lent_opening_names_its_sponsor_everywhere(world: World) -> None:
    begun, made, ended = _done(
        world,
        sdk.BeginSponsoringFutureReserves(NOBODY),
        sdk.CreateAccount(NOBODY, "0"),
        sdk.EndSponsoringFutureReserves(source=NOBODY),
        by="sponsor",
        also=("nobody",),
    )
    assert begun.details == {"sponsored_id": NOBODY}
    assert ended.details == {"begin_sponsor": SPONSOR}
    assert (begun.sponsor, made.sponsor, ended.sponsor) == (None, SPONSOR, None)
    assert _effects(made)[-1] == ("account_sponsorship_created", 60, NOBODY)
    revoked = sdk.RevokeSponsorship.revoke_account_sponsorship(NOBODY)
    world.ok(sdk.Payment(NOBODY, LUMENS, "2"), by="ben")
    (told,) = _done(world, revoked, by="sponsor")
    assert told.details == {"account_id": NOBODY}
    assert _effects(told) == [("account_sponsorship_removed", 62, NOBODY)]


def test_a_balance_set_aside_and_claimed(world: World) -> None:
    until = ClaimPredicate.predicate_before_relative_time(60)
    either = ClaimPredicate.predicate_or(until, ClaimPredicate.predicate_unconditional())
    (made,) = _done(
        world, sdk.CreateClaimableBalance(LUMENS, "5", [Claimant(BEN, either)]), by="anna"
    )
    assert made.details == {
        "asset": "native",
        "amount": "5.0000000",
        "claimants": [
            {
                "destination": BEN,
                "predicate": {"or": [{"rel_before": "60"}, {"unconditional": True}]},
            }
        ],
    }
    assert [each[:2] for each in _effects(made)] == [
        ("claimable_balance_created", 50),
        ("claimable_balance_claimant_created", 51),
        ("account_debited", 3),
        ("claimable_balance_sponsorship_created", 69),
    ]
    stored = made.effects[1].details["predicate"]["or"][0]
    assert stored == {"abs_before": "1970-01-12T13:47:40Z", "abs_before_epoch": "1000060"}
    id = made.effects[0].details["balance_id"]
    (claimed,) = _done(world, sdk.ClaimClaimableBalance(id), by="ben")
    assert claimed.details == {"balance_id": id, "claimant": BEN}
    assert [each[:2] for each in _effects(claimed)] == [
        ("claimable_balance_claimed", 52),
        ("account_credited", 2),
        ("claimable_balance_sponsorship_removed", 71),
    ]


def test_a_memo_is_told_in_its_kind(world: World) -> None:
    ones = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
    memos = {
        "text": (sdk.TextMemo("habari"), "habari"),
        "id": (sdk.IdMemo(2**64 - 1), "18446744073709551615"),
        "hash": (sdk.HashMemo(b"\x01" * 32), ones),
        "return": (
            sdk.ReturnHashMemo(b"\x01" * 32),
            "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        ),
    }
    for kind, (memo, written) in memos.items():
        envelope = world.envelope(sdk.BumpSequence(0), by=KEYS["anna"], signers=())
        envelope.transaction.memo = memo
        envelope.sign(KEYS["anna"])
        assert world.submit(envelope) == "PENDING"
        (landed,) = world.chain.close_ledger().transactions
        assert (landed.memo_type, landed.memo) == (kind, written)
