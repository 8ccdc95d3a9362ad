"""Transactions out of intents: pure, exact, and always the same."""

from dataclasses import replace
from uuid import UUID, uuid5

import pytest
from stellar_sdk import (
    Account,
    Asset,
    FeeBumpTransactionEnvelope,
    Keypair,
    TransactionBuilder,
    TransactionEnvelope,
)
from stellar_sdk.operation import (
    AccountMerge,
    BeginSponsoringFutureReserves,
    ChangeTrust,
    CreateAccount,
    EndSponsoringFutureReserves,
    Operation,
    Payment,
)

from wallets.custody import building
from wallets.custody.building import CannotBuild, Frame
from wallets.stellar.intents import (
    CloseAccount,
    Intent,
    MakeChannel,
    OpenAccount,
    SponsorAccount,
    TopUpChannel,
)

PASSPHRASE = "Test SDF Network ; September 2015"
FRAME = Frame(
    passphrase=PASSPHRASE,
    source=Keypair.from_raw_ed25519_seed(b"c" * 32).public_key,
    sequence=7 << 32,
    max_ledger=1_020,
    valid_until=1_800_000_000,
    base_fee=250,
)
FUNDING = Keypair.from_raw_ed25519_seed(b"f" * 32)
ISSUER = Keypair.from_raw_ed25519_seed(b"i" * 32).public_key
KESX = Asset("KESX", ISSUER)


def owner(number: int) -> UUID:
    """Return the id of a wallet or channel."""
    return uuid5(UUID(int=0), str(number))


def address(number: int) -> str:
    """Return its address."""
    return Keypair.from_raw_ed25519_seed(owner(number).bytes * 2).public_key


def build(*intents: Intent, frame: Frame = FRAME) -> TransactionEnvelope:
    """Build them for the owners 0 to 99."""
    addresses = {owner(number): address(number) for number in range(101)}
    return building.build(intents, addresses=addresses, funding=FUNDING.public_key, frame=frame)


def by_hand(*operations: Operation) -> TransactionEnvelope:
    """Build the same with the SDK's own builder."""
    # It adds one to the sequence.
    account = Account(FRAME.source, FRAME.sequence - 1)
    builder = TransactionBuilder(account, PASSPHRASE, base_fee=FRAME.base_fee)
    builder.set_ledger_bounds(0, FRAME.max_ledger).add_time_bounds(0, FRAME.valid_until)
    for operation in operations:
        builder.append_operation(operation)
    return builder.build()


ONE, OTHER = owner(1), owner(2)
FROM_US, FROM_HER = {"source": FUNDING.public_key}, {"source": address(1)}


@pytest.mark.parametrize(
    ("intents", "operations"),
    [
        (
            [OpenAccount(wallet_id=ONE, stroops=15_000_001)],
            [CreateAccount(address(1), "1.5000001", **FROM_US)],
        ),
        (
            [
                MakeChannel(channel_id=ONE, stroops=30_000_000),
                TopUpChannel(channel_id=OTHER, stroops=1),
            ],
            [
                CreateAccount(address(1), "3", **FROM_US),
                Payment(address(2), Asset.native(), "0.0000001", **FROM_US),
            ],
        ),
        (
            [SponsorAccount(wallet_id=ONE, assets=(f"KESX:{ISSUER}",))],
            [
                BeginSponsoringFutureReserves(address(1), **FROM_US),
                CreateAccount(address(1), "0", **FROM_US),
                ChangeTrust(KESX, **FROM_HER),
                EndSponsoringFutureReserves(**FROM_HER),
            ],
        ),
        (
            [CloseAccount(wallet_id=ONE, assets=(f"KESX:{ISSUER}",))],
            [
                ChangeTrust(KESX, limit="0", **FROM_HER),
                AccountMerge(FUNDING.public_key, **FROM_HER),
            ],
        ),
    ],
    ids=["open", "channels", "sponsor", "close"],
)
def test_intents_become_the_operations_that_the_protocol_has_for_them(
    intents: list[Intent], operations: list[Operation]
) -> None:
    assert build(*intents).to_xdr() == by_hand(*operations).to_xdr()
    assert sum(intent.operations for intent in intents) == len(operations)


def test_it_has_the_very_sequence_bounds_and_fee_that_were_planned() -> None:
    intents = [OpenAccount(wallet_id=owner(number), stroops=1) for number in range(100)]

    found = build(*intents).transaction

    assert found.source.account_id == FRAME.source
    assert found.sequence == 7 << 32
    assert found.fee == 100 * 250
    assert found.preconditions is not None
    assert found.preconditions.time_bounds is not None
    assert found.preconditions.ledger_bounds is not None
    bounds = found.preconditions.time_bounds
    assert (bounds.min_time, bounds.max_time) == (0, 1_800_000_000)
    ledgers = found.preconditions.ledger_bounds
    assert (ledgers.min_ledger, ledgers.max_ledger) == (0, 1_020)


def test_the_same_intents_always_have_the_same_hash() -> None:
    """This one was written down, so that no later version of anything builds it otherwise."""
    intents = [
        SponsorAccount(wallet_id=ONE, assets=(f"KESX:{ISSUER}",)),
        SponsorAccount(wallet_id=OTHER),
    ]
    written_down = "124ca6f96a9ea8e4e82f2ffe2a29d9b694a4da3c27536ee9f738cc5c4eed359a"

    assert {build(*intents).hash_hex() for _ in range(3)} == {written_down}


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": (7 << 32) + 1},
        {"max_ledger": 1_021},
        {"valid_until": 1_800_000_001},
        {"base_fee": 251},
        {"source": address(50)},
        {"passphrase": "Public Global Stellar Network ; September 2015"},
    ],
)
def test_whatever_is_planned_otherwise_has_another_hash(change: dict[str, object]) -> None:
    intent = OpenAccount(wallet_id=ONE, stroops=1)
    changed = replace(FRAME, **change)  # type: ignore[arg-type]

    assert build(intent, frame=changed).hash() != build(intent).hash()


def test_each_signature_is_asked_for_once_and_none_that_is_of_no_use() -> None:
    opened = build(*(OpenAccount(wallet_id=owner(number), stroops=1) for number in range(5)))
    closed = build(CloseAccount(wallet_id=ONE, assets=(f"KESX:{ISSUER}",)))
    kept = build(
        TopUpChannel(channel_id=ONE, stroops=1), frame=replace(FRAME, source=FUNDING.public_key)
    )

    assert building.signers_of(opened) == [FRAME.source, FUNDING.public_key]
    assert building.signers_of(closed) == [FRAME.source, address(1)]
    assert building.signers_of(kept) == [FUNDING.public_key]


def _sponsored(count: int, *, assets: int = 0) -> list[Intent]:
    codes = tuple(f"A{number}:{ISSUER}" for number in range(assets))
    return [SponsorAccount(wallet_id=owner(number), assets=codes) for number in range(count)]


def test_eighteen_members_fill_the_signatures_and_nineteen_are_too_many() -> None:
    assert len(building.signers_of(build(*_sponsored(18)))) == building.SIGNATURES_MAX
    with pytest.raises(CannotBuild, match="20 signatures"):
        build(*_sponsored(19))


def test_a_hundred_operations_fit_and_one_more_does_not() -> None:
    assert len(build(*_sponsored(10, assets=7)).transaction.operations) == 100
    with pytest.raises(CannotBuild, match="101 operations"):
        build(*_sponsored(10, assets=7), OpenAccount(wallet_id=owner(20), stroops=1))


def test_nothing_to_do_makes_no_transaction() -> None:
    with pytest.raises(CannotBuild, match="0 operations"):
        build()


@pytest.mark.parametrize("asset", ["XLM", "native", "KESX", "KESX:G", f":{ISSUER}", "A B:C"])
def test_an_asset_that_is_none_makes_no_transaction(asset: str) -> None:
    with pytest.raises(CannotBuild, match="an asset"):
        build(SponsorAccount(wallet_id=ONE, assets=(asset,)))


def test_an_address_or_an_amount_that_is_none_makes_no_transaction() -> None:
    intent = OpenAccount(wallet_id=ONE, stroops=1)
    with pytest.raises(CannotBuild, match="an address"):
        build(intent, frame=replace(FRAME, source="nowhere"))
    with pytest.raises(CannotBuild, match="an amount"):
        build(OpenAccount(wallet_id=ONE, stroops=2**63))


class TestBumps:
    def test_a_bump_holds_the_inner_transaction_byte_for_byte(self) -> None:
        inner = build(OpenAccount(wallet_id=ONE, stroops=1))
        inner.sign(FUNDING)

        bump = building.bump(
            inner.to_xdr(), funding=FUNDING.public_key, base_fee=2_500, passphrase=PASSPHRASE
        )

        assert bump.transaction.inner_transaction_envelope.to_xdr() == inner.to_xdr()
        assert bump.transaction.fee_source.account_id == FUNDING.public_key
        assert bump.transaction.fee == 2 * 2_500  # itself counts as an operation
        assert bump.signatures == []
        again = FeeBumpTransactionEnvelope.from_xdr(bump.to_xdr(), PASSPHRASE)
        assert again.hash() == bump.hash() != inner.hash()

    def test_less_than_the_inner_bid_is_no_bump(self) -> None:
        inner = build(OpenAccount(wallet_id=ONE, stroops=1))
        with pytest.raises(CannotBuild):
            building.bump(
                inner.to_xdr(), funding=FUNDING.public_key, base_fee=249, passphrase=PASSPHRASE
            )

    @pytest.mark.parametrize("xdr", ["", "AAAA", "zz", "AAAAAgAAAAA="])
    def test_around_a_torn_envelope_there_is_none(self, xdr: str) -> None:
        with pytest.raises(CannotBuild):
            building.bump(xdr, funding=FUNDING.public_key, base_fee=1_000, passphrase=PASSPHRASE)
