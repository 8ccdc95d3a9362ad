"""Asking for a wallet's account on the network."""

from nannychain.transactions import required
from wallets.stellar.models import FundingRequest
from wallets.stellar.states import FUNDING, Funding
from wallets.wallet.models import Wallet

NOT_TAKEN_UP = "not taken up yet"


@required
def request_funding(*, wallet: Wallet) -> FundingRequest:
    """Store the request. Registration never waits for funding and never fails by it."""
    request = FundingRequest.objects.create(wallet=wallet, reason=NOT_TAKEN_UP)
    FUNDING.record(request, source="", target=Funding.WAITING, why="account opened")
    return request
