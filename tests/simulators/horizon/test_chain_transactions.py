"""Transactions as a whole: who signed, who pays, what comes between the queue and the ledger."""

from typing import Any

import pytest
import stellar_sdk as sdk
from stellar_sdk import Keypair, xdr

from simulators.horizon.ledger.chain import Chain, MalformedEnvelope
from simulators.horizon.ledger.types import Account, Transaction
from simulators.horizon.result_codes import result_codes
from tests.factories.stellar_worlds import (
    ANNA,
    BEN,
    ISSUER,
    KEYS,
    LUMENS,
    NOBODY,
    PASSPHRASE,
    SPONSOR,
    World,
)

PAYMENT = sdk.Payment(BEN, LUMENS, "1")
STAY = sdk.BumpSequence(0)


@pytest.fixture
def world() -> World:
    return World()


def _account(world: World, address: str) -> Account:
    found = world.chain.account(address)
    assert found is not None
    return found


def _landed(world: World) -> dict[str, Transaction]:
    """Close a ledger and return what landed, by source."""
    return {each.source_account: each for each in world.chain.close_ledger().transactions}


def _code(landed: Transaction) -> str:
    return str(result_codes(landed.result_xdr)["transaction"])


def _bump(inner: Any, *, by: str, rate: int, signers: tuple[str, ...] | None = None) -> Any:
    found = sdk.TransactionBuilder.build_fee_bump_transaction(
        KEYS[by].public_key, rate, inner, PASSPHRASE
    )
    for name in (by,) if signers is None else signers:
        found.sign(KEYS[name])
    return found


class TestBetweenQueueAndLedger:
    """The higher bid is applied first, so that it can change what the other rests on."""

    def _both(self, world: World, first: Any, second: Any, *, also: tuple[str, ...]) -> Transaction:
        """Hand in Ben's and then Anna's, which is applied first; return Ben's."""
        second = world.envelope(second, by=KEYS["ben"], fee=100)
        assert world.submit(second) == "PENDING"
        first = world.envelope(first, by=KEYS["anna"], also=also, fee=200)
        assert world.submit(first) == "PENDING"
        landed = _landed(world)
        assert _code(landed[ANNA]) == "tx_success"
        return landed[BEN]

    def test_a_sequence_moved_on_is_a_bad_one_and_the_fee_is_gone(self, world: World) -> None:
        before = _account(world, BEN).balance
        ahead = _account(world, BEN).sequence + 10
        moved = sdk.BumpSequence(ahead, source=BEN)
        told = self._both(world, moved, sdk.Payment(ANNA, LUMENS, "1"), also=("ben",))
        assert (_code(told), told.is_successful) == ("tx_bad_seq", False)
        assert _account(world, BEN).sequence == ahead
        assert _account(world, BEN).balance == before - 100
        assert [each.details["to"] for each in told.operations] == [ANNA]

    def test_a_source_merged_away_is_no_source(self, world: World) -> None:
        gone = sdk.AccountMerge(ANNA, source=BEN)
        told = self._both(world, gone, STAY, also=("ben",))
        assert _code(told) == "tx_no_source_account"
        assert world.chain.lumens() == 10**18

    def test_a_key_taken_away_signs_no_more_but_the_sequence_is_used(self, world: World) -> None:
        sequence = _account(world, BEN).sequence
        other = sdk.Signer.ed25519_public_key(ANNA, 1)
        given_over = sdk.SetOptions(master_weight=0, signer=other, source=BEN)
        told = self._both(world, given_over, STAY, also=("ben",))
        assert _code(told) == "tx_bad_auth"
        assert _account(world, BEN).sequence == sequence + 1

    def test_what_became_invalid_in_the_queue_is_dropped_and_banned(self, world: World) -> None:
        late = world.envelope(STAY, by=KEYS["anna"], times=(0, 1_000_010))
        world.submit(late)
        world.now += 11
        assert world.chain.close_ledger().transactions == ()
        assert not world.chain.queued(late.hash_hex())
        assert world.submit(late) == "TRY_AGAIN_LATER"

    def test_who_pays_for_many_must_have_enough_for_all(self, world: World) -> None:
        rate = 300_000_000  # of the payer's 990,000,000 above her reserve
        told = []
        for name in ("anna", "ben"):
            inner = world.envelope(STAY, by=KEYS[name])
            told.append(world.submit(_bump(inner, by="sponsor", rate=rate)))
        assert told == ["PENDING", "tx_insufficient_balance"]
        cheap = world.envelope(STAY, by=KEYS["ben"])
        assert world.submit(_bump(cheap, by="sponsor", rate=100_000_000)) == "PENDING"


class TestFees:
    def test_when_there_is_no_room_for_all_the_lowest_bid_within_is_paid_by_all(
        self, world: World
    ) -> None:
        world.chain.capacity = 2
        for name, bid in (("anna", 700), ("ben", 900), ("issuer", 300)):
            world.submit(world.envelope(STAY, by=KEYS[name], fee=bid))
        landed = _landed(world)
        assert {each.fee_charged for each in landed.values()} == {700}
        assert set(landed) == {ANNA, BEN}
        (last,) = _landed(world).values()
        assert (last.source_account, last.fee_charged) == (ISSUER, 100)

    def test_fees_are_a_hundred_for_each_operation_whatever_is_bid(self, world: World) -> None:
        pool = world.chain.fee_pool
        world.ok(STAY, STAY, STAY, by="anna")
        assert world.chain.fee_pool == pool + 300


class TestFeeBumps:
    def test_pays_for_one_operation_more_and_keeps_both_hashes(self, world: World) -> None:
        inner = world.envelope(PAYMENT, by=KEYS["anna"])
        bump = _bump(inner, by="sponsor", rate=200)
        before = _account(world, ANNA).balance
        assert world.submit(bump) == "PENDING"
        (landed,) = world.chain.close_ledger().transactions
        assert (landed.hash, landed.inner_hash) == (bump.hash_hex(), inner.hash_hex())
        assert (landed.fee_account, landed.source_account) == (SPONSOR, ANNA)
        assert (landed.max_fee, landed.fee_charged) == (400, 200)
        assert _account(world, ANNA).balance == before - 10_000_000
        result = xdr.TransactionResult.from_xdr(landed.result_xdr).result
        assert result.inner_result_pair is not None
        assert result.inner_result_pair.transaction_hash.hash == inner.hash()
        assert _code(landed) == "tx_fee_bump_inner_success"

    def test_tells_the_codes_of_what_failed_within(self, world: World) -> None:
        inner = world.envelope(sdk.Payment(NOBODY, LUMENS, "1"), by=KEYS["anna"])
        world.submit(_bump(inner, by="sponsor", rate=100))
        (landed,) = world.chain.close_ledger().transactions
        assert result_codes(landed.result_xdr) == {
            "transaction": "tx_fee_bump_inner_failed",
            "inner_transaction": "tx_failed",
            "operations": ["op_no_destination"],
        }

    def test_the_inner_one_comes_as_a_duplicate_while_its_bump_waits(self, world: World) -> None:
        inner = world.envelope(STAY, by=KEYS["anna"])
        world.submit(_bump(inner, by="sponsor", rate=100))
        assert world.submit(inner) == "DUPLICATE"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"by": "nobody"}, "tx_no_source_account"),
            ({"signers": ()}, "tx_bad_auth"),
            ({"signers": ("anna",)}, "tx_bad_auth"),
            ({"signers": ("sponsor", "anna")}, "tx_bad_auth_extra"),
            ({"rate": 600_000_000}, "tx_insufficient_balance"),
        ],
        ids=str,
    )
    def test_is_refused_for_itself(self, world: World, changes: dict[str, Any], code: str) -> None:
        inner = world.envelope(STAY, by=KEYS["anna"])
        assert world.submit(_bump(inner, **{"by": "sponsor", "rate": 100, **changes})) == code

    def test_may_not_bid_less_than_what_it_bumps(self, world: World) -> None:
        inner = world.envelope(STAY, by=KEYS["anna"], fee=500)
        bump = _bump(inner, by="sponsor", rate=500, signers=())
        bump.transaction.fee = 999
        bump.sign(KEYS["sponsor"])
        assert world.submit(bump) == "tx_insufficient_fee"

    def test_is_refused_for_what_is_within(self, world: World) -> None:
        inner = world.envelope(STAY, by=KEYS["anna"], signers=(KEYS["ben"],))
        verdict = world.chain.submit(_bump(inner, by="sponsor", rate=100).to_xdr())
        assert result_codes(verdict.result_xdr) == {
            "transaction": "tx_fee_bump_inner_failed",
            "inner_transaction": "tx_bad_auth",
        }


class TestSigners:
    def test_weights_add_up_to_the_threshold_of_each_operation(self, world: World) -> None:
        signer = sdk.Signer.ed25519_public_key(BEN, 1)
        world.ok(
            sdk.SetOptions(signer=signer, low_threshold=1, med_threshold=2, high_threshold=3),
            by="anna",
        )
        assert world.run(PAYMENT, by=KEYS["anna"])[1:] == ["tx_failed", "op_bad_auth"]
        assert world.run(PAYMENT, by=KEYS["anna"], also=("ben",))[0] == "tx_success"
        assert world.run(STAY, by=KEYS["anna"])[0] == "tx_success", "low is enough"
        merge = world.run(sdk.AccountMerge(BEN), by=KEYS["anna"], also=("ben",))
        assert merge[1:] == ["tx_failed", "op_bad_auth"]
        again = sdk.SetOptions(high_threshold=1)
        assert world.run(again, by=KEYS["anna"], also=("ben",))[1:] == ["tx_failed", "op_bad_auth"]
        home = sdk.SetOptions(home_domain="x.example")
        assert world.run(home, by=KEYS["anna"], also=("ben",))[0] == "tx_success"

    def test_the_first_wrong_operation_ends_the_check(self, world: World) -> None:
        wrong = sdk.Payment(BEN, LUMENS, "0")
        told = world.run(PAYMENT, wrong, wrong, by=KEYS["anna"])
        assert told == ["refused", "tx_failed", "op_success", "op_malformed", "op_success"]

    def test_a_secret_signs_for_whoever_named_its_hash(self, world: World) -> None:
        secret = b"what nobody knows"
        world.ok(sdk.SetOptions(signer=sdk.Signer.sha256_hash(_hash(secret), 1)), by="anna")
        envelope = world.envelope(STAY, by=KEYS["anna"], signers=())
        envelope.sign_hashx(secret)
        assert world.submit(envelope) == "PENDING"
        wrong = world.envelope(STAY, by=KEYS["ben"], signers=())
        wrong.sign_hashx(secret)
        assert world.submit(wrong) == "tx_bad_auth"

    def test_a_transaction_allowed_beforehand_needs_no_signature_once(self, world: World) -> None:
        sequence = _account(world, ANNA).sequence + 2
        later = world.envelope(PAYMENT, by=KEYS["anna"], sequence=sequence, signers=())
        world.ok(sdk.SetOptions(signer=sdk.Signer.pre_auth_tx(later.hash(), 1)), by="anna")
        assert len(_account(world, ANNA).signers) == 1
        assert world.submit(later) == "PENDING"
        (landed,) = world.chain.close_ledger().transactions
        assert landed.is_successful
        assert _account(world, ANNA).signers == {}

    def test_who_is_made_within_must_have_signed_for_herself(self, world: World) -> None:
        made = sdk.CreateAccount(NOBODY, "2")
        trust = sdk.ManageData("x", "1", source=NOBODY)
        assert world.run(made, trust, by=KEYS["anna"]) == [
            "refused", "tx_failed", "op_success", "op_bad_auth",
        ]  # fmt: skip
        assert world.run(made, trust, by=KEYS["anna"], also=("nobody",))[0] == "tx_success"

    def test_who_is_not_made_at_all_is_no_source(self, world: World) -> None:
        trust = sdk.ManageData("x", "1", source=NOBODY)
        told = world.run(trust, by=KEYS["anna"], also=("nobody",))
        assert told == ["tx_failed", "op_no_source_account"]


def _hash(secret: bytes) -> bytes:
    return sdk.utils.sha256(secret)


class TestPreconditions:
    def _run(self, world: World, **given: Any) -> str:
        builder = sdk.TransactionBuilder(
            sdk.Account(ANNA, given.pop("sequence", _account(world, ANNA).sequence)), PASSPHRASE
        )
        builder.append_operation(STAY).set_timeout(0)
        for verb, value in given.items():
            getattr(builder, verb)(value)
        envelope = builder.build()
        envelope.sign(KEYS["anna"])
        told = world.submit(envelope)
        if told == "PENDING":
            return _code(world.chain.close_ledger().transactions[0])
        return told

    def test_a_least_sequence_lets_numbers_be_left_out(self, world: World) -> None:
        sequence = _account(world, ANNA).sequence
        assert self._run(world, sequence=sequence + 6) == "tx_bad_seq"
        told = self._run(world, sequence=sequence + 6, set_min_sequence_number=sequence + 1)
        assert told == "tx_bad_seq"
        told = self._run(world, sequence=sequence + 6, set_min_sequence_number=sequence)
        assert told == "tx_success"
        assert _account(world, ANNA).sequence == sequence + 7

    def test_a_sequence_must_have_rested_when_that_is_asked(self, world: World) -> None:
        world.ok(STAY, by="anna")
        assert self._run(world, set_min_sequence_age=60) == "tx_bad_minseq_age_or_gap"
        assert self._run(world, set_min_sequence_ledger_gap=2) == "tx_bad_minseq_age_or_gap"
        world.now += 60
        world.chain.close_ledger()
        assert self._run(world, set_min_sequence_age=60) == "tx_success"

    def test_another_signer_may_be_asked_for(self, world: World) -> None:
        key = sdk.SignerKey.ed25519_public_key(BEN)
        assert self._run(world, add_extra_signer=key) == "tx_bad_auth"

    def test_the_ledgers_own_first_sequence_is_no_ones(self, world: World) -> None:
        ahead = (world.chain.next_sequence + 1) << 32
        world.ok(sdk.BumpSequence(ahead - 1), by="anna")
        assert self._run(world) == "tx_bad_seq"
        world.chain.close_ledger()
        assert self._run(world) == "tx_success"


class TestEnvelopes:
    def test_the_older_form_has_the_same_hash_and_lands(self, world: World) -> None:
        envelope = world.envelope(PAYMENT, by=KEYS["anna"])
        older = sdk.TransactionEnvelope(
            sdk.Transaction.from_xdr_object(envelope.transaction.to_xdr_object(), v1=True),
            PASSPHRASE,
            envelope.signatures,
        )
        older.transaction.v1 = False
        assert world.chain.submit(older.to_xdr()).hash == envelope.hash_hex()
        (landed,) = world.chain.close_ledger().transactions
        assert landed.is_successful

    def test_a_hundred_operations_land_and_one_more_is_no_envelope(self, world: World) -> None:
        hundred = world.envelope(*[STAY] * 100, by=KEYS["anna"])
        assert world.submit(hundred) == "PENDING"
        assert world.chain.close_ledger().operation_count == 100
        raw = hundred.to_xdr_object()
        raw.v1.tx.operations.append(raw.v1.tx.operations[0])
        with pytest.raises((MalformedEnvelope, ValueError)):
            world.chain.submit(raw.to_xdr())

    def test_one_signed_for_another_network_has_no_signature(self, world: World) -> None:
        built = world.envelope(STAY, by=KEYS["anna"], signers=()).transaction
        elsewhere = sdk.TransactionEnvelope(built, sdk.Network.PUBLIC_NETWORK_PASSPHRASE)
        elsewhere.sign(KEYS["anna"])
        assert world.submit(elsewhere) == "tx_bad_auth"

    def test_muxed_names_stand_for_their_account_and_are_told(self, world: World) -> None:
        source = sdk.MuxedAccount(ANNA, 7)
        target = sdk.MuxedAccount(BEN, 2**63)
        before = _account(world, BEN).balance
        world.ok(sdk.Payment(target, LUMENS, "1", source=source), by="anna")
        assert _account(world, BEN).balance == before + 10_000_000
        (done,) = world.chain.latest.transactions[0].operations
        assert done.source_account == ANNA
        assert (done.details["from"], done.details["from_muxed"]) == (ANNA, source.account_muxed)
        assert done.details["to_muxed_id"] == "9223372036854775808"
        assert done.details["source_account_muxed_id"] == "7"


def test_who_is_merged_and_made_anew_in_one_transaction_is_there(world: World) -> None:
    ledger = world.chain.next_sequence
    gone, anew = sdk.AccountMerge(ANNA, source=BEN), sdk.CreateAccount(BEN, "5")
    world.ok(gone, anew, by="anna", also=("ben",))
    assert (_account(world, BEN).balance, _account(world, BEN).sequence) == (
        50_000_000,
        ledger << 32,
    )
    assert world.chain.lumens() == 10**18


def test_a_network_of_another_name_has_another_root() -> None:
    here, there = Chain(passphrase="one"), Chain(passphrase="other")
    assert here.root_keypair.public_key != there.root_keypair.public_key
    assert there.account(here.root_keypair.public_key) is None


def test_an_account_made_in_a_ledger_begins_with_its_number(world: World) -> None:
    ledger = world.chain.next_sequence
    world.ok(sdk.CreateAccount(NOBODY, "1"), by="anna")
    made = _account(world, NOBODY)
    assert (made.sequence, made.master_weight) == (ledger << 32, 1)
    assert Keypair.from_public_key(made.id)
