"""Index of the vault's admin pages."""

from wallets.wallet.admin import WalletAdmin

__all__ = ["WalletAdmin"]
