"""Opening wallets."""

from uuid import UUID

from nannychain.ids import new_id
from nannychain.transactions import required
from wallets.custody import services as custody
from wallets.ledger import accounts
from wallets.ledger.chart import Kind
from wallets.stellar import services as stellar
from wallets.wallet.models import Wallet


@required
def open_wallet(*, party_id: UUID, is_proved: bool = False) -> Wallet:
    """Make the party's wallet with its account in the ledger, its sealed key and its request to be
    funded; touch no network.

    `is_proved` says that the party's phone was shown to be in the person's hands.
    Must be called in the transaction that makes the party. A second wallet for the same party is
    refused by the database.
    """
    wallet_id = new_id()
    key = custody.new_sealed_key(wallet_id=wallet_id)
    wallet = Wallet.objects.create(
        id=wallet_id, party_id=party_id, stellar_public_key=key.public_key
    )
    custody.store(wallet=wallet, key=key)
    accounts.open_account(Kind.WORKER_WALLET, owner_id=party_id)
    stellar.request_funding(wallet=wallet, is_proved=is_proved)
    return wallet


@required
def owner_is_proved(wallet: Wallet) -> None:
    """Note that the owner's phone was shown to be in her hands."""
    stellar.owner_is_proved(wallet)
