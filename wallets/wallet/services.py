"""Opening wallets."""

from uuid import UUID

from nannychain.ids import new_id
from nannychain.transactions import required
from wallets.custody import services as custody
from wallets.stellar import services as stellar
from wallets.wallet.models import Wallet


@required
def open_wallet(*, party_id: UUID) -> Wallet:
    """Make the party's wallet with its sealed key and its request to be funded; touch no network.

    Must be called in the transaction that makes the party. A second wallet for the same party is
    refused by the database.
    """
    wallet_id = new_id()
    key = custody.new_sealed_key(wallet_id=wallet_id)
    wallet = Wallet.objects.create(
        id=wallet_id, party_id=party_id, stellar_public_key=key.public_key
    )
    custody.store(wallet=wallet, key=key)
    stellar.request_funding(wallet=wallet)
    return wallet
