"""The tariffs that the tables begin with, in whole shillings as they are published in Kenya.

Members pay for a withdrawal what M-Pesa charges us for it, and for nothing else: what stays in our
books costs them nothing. What M-Pesa charges is kept beside it, to reckon and to compare.

Sources: Safaricom's B2C tariff for registered customers (form of August 2023; the step above
20,000 by later lists), its paybill and customer tariffs as published in January 2025. Excise duty
on fees for money transfer is 15 % (Excise Duty Act, First Schedule); M-Pesa's prices include it.
"""

from datetime import UTC, datetime
from typing import Any

from payments.operations import Operation

EXCISE_BASIS_POINTS = 1_500
MPESA_PAYOUT, MPESA_PAYBILL = "mpesa_payout", "mpesa_paybill"
MPESA_SEND, MPESA_AGENT = "mpesa_send", "mpesa_agent"
_FROM = datetime(2025, 12, 31, 21, 0, tzinfo=UTC)  # the first of January 2026 in Kenya
_MOST = 250_000

_FREE = ((_MOST, 0),)
_PAYOUT = ((100, 0), (1_500, 5), (5_000, 9), (20_000, 11), (_MOST, 13))
_PAYBILL = (
    (100, 0),
    (500, 5),
    (1_000, 10),
    (1_500, 15),
    (2_500, 20),
    (3_500, 25),
    (5_000, 34),
    (7_500, 42),
    (10_000, 48),
    (15_000, 57),
    (20_000, 62),
    (25_000, 67),
    (30_000, 72),
    (35_000, 83),
    (40_000, 99),
    (45_000, 103),
    (_MOST, 108),
)
_SEND = (
    (100, 0),
    (500, 7),
    (1_000, 13),
    (1_500, 23),
    (2_500, 33),
    (3_500, 53),
    (5_000, 57),
    (7_500, 78),
    (10_000, 90),
    (15_000, 100),
    (20_000, 105),
    (_MOST, 108),
)
_AGENT = (
    (49, 0),  # agents pay out from 50
    (100, 11),
    (2_500, 29),
    (3_500, 52),
    (5_000, 69),
    (7_500, 87),
    (10_000, 115),
    (15_000, 167),
    (20_000, 185),
    (35_000, 197),
    (50_000, 278),
    (_MOST, 309),
)

# Whose tariff it is, what it is for, the bands, and where they come from.
_TARIFFS: tuple[tuple[str, tuple[tuple[int, int], ...], str], ...] = (
    (Operation.WITHDRAWAL, _PAYOUT, "what M-Pesa charges us, passed on at cost"),
    (Operation.TRANSFER, _FREE, "it stays in our books"),
    (Operation.DEPOSIT, _FREE, "M-Pesa charges the payer by its own tariff"),
    (Operation.PAYBILL, _FREE, "M-Pesa charges the payer by its own tariff"),
    (MPESA_PAYOUT, _PAYOUT, "Safaricom's B2C tariff, form of August 2023"),
    (MPESA_PAYBILL, _PAYBILL, "Safaricom's paybill tariff, January 2025"),
    (MPESA_SEND, _SEND, "Safaricom's tariff for sending, January 2025"),
    (MPESA_AGENT, _AGENT, "Safaricom's tariff for withdrawing at an agent, January 2025"),
)

TARIFFS: tuple[dict[str, Any], ...] = tuple(
    {
        "operation": str(operation),
        "effective_from": _FROM,
        "reason": source,
        "up_to_cents": [shillings * 100 for shillings, _ in bands],
        "price_cents": [shillings * 100 for _, shillings in bands],
        "tax_basis_points": EXCISE_BASIS_POINTS,
    }
    for operation, bands, source in _TARIFFS
)

WORDS = {
    str(Operation.WITHDRAWAL): "Withdrawal to M-Pesa",
    str(Operation.TRANSFER): "Transfer between members",
    str(Operation.DEPOSIT): "Deposit by prompt",
    str(Operation.PAYBILL): "Paid to our paybill number",
    MPESA_PAYOUT: "M-Pesa charges us for a payout",
    MPESA_PAYBILL: "M-Pesa charges for a payment to a paybill number",
    MPESA_SEND: "M-Pesa charges a person for sending",
    MPESA_AGENT: "M-Pesa charges a person for withdrawing at an agent",
}
