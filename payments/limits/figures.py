"""The limits that the tables begin with. Amounts in cents.

M-Pesa's own: 250,000 for a transaction, 10 at least for a payout (Daraja's documents, December
2025; ceilings of the Central Bank since 15 August 2023). The levels are our own ladder below the
law's ceilings of 500,000 in a wallet and on a day; 20,000 is what a small issuer may let a
transaction be.
"""

from datetime import UTC, datetime
from typing import Any

from payments.operations import Operation
from workers.kyc.levels import Level

_FROM = datetime(2025, 12, 31, 21, 0, tzinfo=UTC)  # the first of January 2026 in Kenya
_SHILLING = 100
_MPESA_MOST = 250_000 * _SHILLING

# What a payee whom she has never paid before can get from her at first.
NEW_PAYEE_MAX_CENTS = 2_000 * _SHILLING
NEW_PAYEE_HOURS = 24

# Above it what M-Pesa tells by itself is not believed alone: it is asked.
CONFIRM_ABOVE_CENTS = 50_000 * _SHILLING

LEVELS: tuple[dict[str, Any], ...] = tuple(
    {
        "level": int(level),
        "effective_from": _FROM,
        "reason": why,
        "wallet_max_cents": wallet * _SHILLING,
        "transaction_max_cents": transaction * _SHILLING,
        "day_max_cents": day * _SHILLING,
    }
    for level, wallet, transaction, day, why in (
        (Level.PHONE, 20_000, 5_000, 5_000, "our own ladder: known by phone"),
        (Level.ID_NUMBER, 100_000, 70_000, 100_000, "our own ladder: known by ID number"),
        (Level.ID_CHECKED, 500_000, 250_000, 500_000, "the ceilings of the Central Bank"),
    )
)

OPERATIONS: tuple[dict[str, Any], ...] = tuple(
    {
        "operation": str(operation),
        "effective_from": _FROM,
        "reason": why,
        "min_cents": least * _SHILLING,
        "max_cents": _MPESA_MOST,
    }
    for operation, least, why in (
        (Operation.DEPOSIT, 1, "M-Pesa's prompt: 1 to 250,000"),
        (Operation.PAYBILL, 1, "M-Pesa's paybill: 1 to 250,000"),
        (Operation.WITHDRAWAL, 10, "M-Pesa's payout: 10 to 250,000"),
        (Operation.TRANSFER, 1, "our own"),
    )
)
