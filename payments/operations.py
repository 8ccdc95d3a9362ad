"""What members do with money, as fees and limits know it: one name for each."""

from enum import StrEnum


class Operation(StrEnum):
    """A way in which money moves for a member."""

    DEPOSIT = "deposit"  # a prompt on her phone, M-Pesa to wallet
    PAYBILL = "paybill"  # paid by anybody to our paybill number, for a wallet
    WITHDRAWAL = "withdrawal"  # wallet to M-Pesa
    TRANSFER = "transfer"  # wallet to wallet


# What leaves our books; the rest stays in them or comes into them.
LEAVES_US = frozenset({Operation.WITHDRAWAL})
