"""Index of the vault's tasks, for Celery's discovery."""

from wallets.custody import tasks as custody
from wallets.ledger import tasks as ledger
from wallets.stellar import tasks as stellar
from wallets.stellar.watching import tasks as watching

__all__ = ["custody", "ledger", "stellar", "watching"]
