"""The client and the simulated network understand each other."""

import pytest
from stellar_sdk import Account, Asset, Keypair, TransactionBuilder

from tests.factories.stellar_networks import StellarNetwork
from wallets.stellar.client.answers import Landed, Missing, Outcome
from wallets.stellar.client.horizon import Horizon
from wallets.stellar.client.results import Result

FEE = 100


@pytest.fixture
def horizon(network: StellarNetwork) -> Horizon:
    """A client of the simulated network."""
    return Horizon(network.horizon_url)


def envelope(
    horizon: Horizon, *, source: Keypair, to: str, ahead: int = 0, amount: str = "2.5"
) -> tuple[str, str]:
    """Return a signed payment and its hash; `ahead` puts its sequence too far on."""
    account = horizon.account(source.public_key)
    assert account is not None
    builder = TransactionBuilder(
        Account(source.public_key, account.sequence + ahead),
        network_passphrase=horizon.network().passphrase,
        base_fee=FEE,
    )
    built = builder.append_payment_op(to, Asset.native(), amount).set_timeout(300).build()
    built.sign(source)
    return built.to_xdr(), built.hash_hex()


def test_a_payment_is_handed_in_lands_and_is_told(
    network: StellarNetwork, horizon: Horizon
) -> None:
    other = Keypair.random().public_key
    network.fund(10, other)
    before = horizon.payments(cursor="", limit=1, newest=True).next_cursor
    xdr, hash = envelope(horizon, source=network.funding, to=other)

    missing = horizon.transaction(hash)
    assert isinstance(missing, Missing)
    assert missing.seen_ledger in (None, horizon.network().ledger)
    assert horizon.submit(xdr, hash=hash).outcome is Outcome.ACCEPTED
    assert horizon.submit(xdr, hash=hash).outcome is Outcome.DUPLICATE
    ledger = network.close()

    found = horizon.transaction(hash)
    assert isinstance(found, Landed)
    assert (found.successful, found.ledger, found.fee_charged) == (True, ledger, FEE)
    assert found.result == Result("tx_success", ("op_success",), FEE)
    (payment,) = horizon.payments(cursor=before).records
    assert (payment.from_address, payment.to_address) == (network.funding.public_key, other)
    assert (payment.transaction_hash, payment.amount_stroops) == (hash, 25_000_000)
    account = horizon.account(other)
    assert account is not None
    assert account.balance_stroops == 125_000_000


def test_what_is_refused_and_what_fails_in_a_ledger_are_told_apart(
    network: StellarNetwork, horizon: Horizon
) -> None:
    nobody = Keypair.random().public_key
    xdr, hash = envelope(horizon, source=network.funding, to=nobody, ahead=7)
    refused = horizon.submit(xdr, hash=hash)
    assert refused.outcome is Outcome.REFUSED
    assert refused.result is not None
    assert refused.result.code == "tx_bad_seq"

    xdr, hash = envelope(horizon, source=network.funding, to=nobody)
    assert horizon.submit(xdr, hash=hash).outcome is Outcome.ACCEPTED
    network.close()
    found = horizon.transaction(hash)
    assert isinstance(found, Landed)
    assert found.result == Result("tx_failed", ("op_no_destination",), FEE)
    assert not found.successful


def test_an_account_that_friendbot_opens_is_there_after_a_ledger(
    network: StellarNetwork, horizon: Horizon
) -> None:
    address = Keypair.random().public_key
    assert horizon.account(address) is None
    horizon.friendbot(f"{network.horizon_url}/friendbot", address)
    network.close()
    account = horizon.account(address)
    assert account is not None
    assert account.trustlines == ()
    assert horizon.fee_stats().base_fee == FEE
