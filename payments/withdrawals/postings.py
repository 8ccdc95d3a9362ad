"""What a withdrawal does to the books. Amounts in cents.

Success and failure share one key, so that the database lets only one of them be booked.
"""

from datetime import UTC, datetime

from wallets.ledger.chart import Kind
from wallets.ledger.recipes import Draft, Example, JournalKind, credit, debit, recipe

RESERVED = JournalKind(
    "withdrawal.reserved",
    "the money has left the wallet and waits for M-Pesa to pay it out",
    debits=(Kind.WORKER_WALLET, Kind.EMPLOYER_WALLET),
    credits=(Kind.PAYOUT_CLEARING,),
)
PAID = JournalKind(
    "withdrawal.paid",
    "M-Pesa has paid it out, and the fee is earned",
    debits=(Kind.PAYOUT_CLEARING,),
    credits=(Kind.PAYOUT_FLOAT, Kind.FEE_INCOME, Kind.TAX_PAYABLE),
)
FAILED = JournalKind(
    "withdrawal.failed",
    "M-Pesa has not paid it out, and all of it is back in the wallet",
    debits=(Kind.PAYOUT_CLEARING,),
    credits=(Kind.WORKER_WALLET, Kind.EMPLOYER_WALLET),
)
CONTRADICTED = JournalKind(
    "withdrawal.contradicted",
    "M-Pesa has paid out what was given back to the wallet before, or what it had paid already",
    debits=(Kind.SUSPENSE_PAYOUTS,),
    credits=(Kind.PAYOUT_FLOAT,),
)
_MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def _example_reserved() -> Example:
    return Example(
        "Wanjiku withdraws KSh 500; the fee is KSh 10.",
        {1: Kind.WORKER_WALLET, 2: Kind.PAYOUT_CLEARING},
        reserved(
            withdrawal_id="0199", wallet=1, clearing=2, amount_cents=510_00, effective_at=_MORNING
        ),
    )


@recipe(RESERVED, example=_example_reserved)
def reserved(
    *, withdrawal_id: str, wallet: int, clearing: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Take `amount_cents`, fee and tax included, out of the wallet."""
    return Draft(
        kind=RESERVED.code,
        key=f"withdrawal:{withdrawal_id}:reserved",
        cause=f"withdrawal:{withdrawal_id}",
        effective_at=effective_at,
        legs=(debit(wallet, amount_cents), credit(clearing, amount_cents)),
    )


def _example_paid() -> Example:
    return Example(
        "M-Pesa has paid Wanjiku her KSh 500; of the fee, KSh 1.50 are excise duty.",
        {
            1: Kind.PAYOUT_CLEARING,
            2: Kind.PAYOUT_FLOAT,
            3: Kind.FEE_INCOME,
            4: Kind.TAX_PAYABLE,
        },
        paid(
            withdrawal_id="0199",
            clearing=1,
            parts={2: 500_00, 3: 8_50, 4: 1_50},
            effective_at=_MORNING,
        ),
    )


@recipe(PAID, example=_example_paid)
def paid(
    *, withdrawal_id: str, clearing: int, parts: dict[int, int], effective_at: datetime
) -> Draft:
    """Book a success: `parts` are cents by account, of the float, the fee and the tax."""
    credits = tuple(credit(account, cents) for account, cents in parts.items() if cents)
    return Draft(
        kind=PAID.code,
        key=f"withdrawal:{withdrawal_id}:final",
        cause=f"withdrawal:{withdrawal_id}",
        effective_at=effective_at,
        legs=(debit(clearing, sum(parts.values())), *credits),
    )


def _example_failed() -> Example:
    return Example(
        "M-Pesa could not pay: the KSh 510 are in the wallet again.",
        {1: Kind.PAYOUT_CLEARING, 2: Kind.WORKER_WALLET},
        failed(
            withdrawal_id="0199", clearing=1, wallet=2, amount_cents=510_00, effective_at=_MORNING
        ),
    )


@recipe(FAILED, example=_example_failed)
def failed(
    *, withdrawal_id: str, clearing: int, wallet: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Book a failure: what was reserved goes back whole."""
    return Draft(
        kind=FAILED.code,
        key=f"withdrawal:{withdrawal_id}:final",
        cause=f"withdrawal:{withdrawal_id}",
        effective_at=effective_at,
        legs=(debit(clearing, amount_cents), credit(wallet, amount_cents)),
    )


def _example_contradicted() -> Example:
    return Example(
        "The KSh 500 were given back to Wanjiku, and then M-Pesa reports that it has paid her.",
        {1: Kind.SUSPENSE_PAYOUTS, 2: Kind.PAYOUT_FLOAT},
        contradicted(
            withdrawal_id="0199",
            receipt="UKL5D6E7F8",
            suspense=1,
            payout_float=2,
            amount_cents=500_00,
            effective_at=_MORNING,
        ),
    )


@recipe(CONTRADICTED, example=_example_contradicted)
def contradicted(
    *,
    withdrawal_id: str,
    receipt: str,
    suspense: int,
    payout_float: int,
    amount_cents: int,
    effective_at: datetime,
) -> Draft:
    """Book a payment beyond the one that is booked, or after a failure: the float has less.

    Once for each receipt of M-Pesa's.
    """
    return Draft(
        kind=CONTRADICTED.code,
        key=f"withdrawal:{withdrawal_id}:again:{receipt}",
        cause=f"withdrawal:{withdrawal_id}",
        effective_at=effective_at,
        legs=(debit(suspense, amount_cents), credit(payout_float, amount_cents)),
    )
