"""Index of the vault's models."""

from wallets.custody.models import SealedKey
from wallets.stellar.models import FundingRequest
from wallets.wallet.models import Wallet

__all__ = ["FundingRequest", "SealedKey", "Wallet"]
