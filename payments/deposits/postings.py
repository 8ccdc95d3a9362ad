"""What a deposit does to the books. Amounts in cents."""

from datetime import UTC, datetime

from wallets.ledger.chart import Kind
from wallets.ledger.recipes import Draft, Example, JournalKind, credit, debit, recipe

SETTLED = JournalKind(
    "deposit.settled",
    "M-Pesa has taken the money from the payer, and it is the member's",
    debits=(Kind.PAYBILL_FLOAT,),
    credits=(Kind.WORKER_WALLET, Kind.EMPLOYER_WALLET),
)


def _example() -> Example:
    return Example(
        "Wanjiku puts KSh 1,000 into her wallet.",
        {1: Kind.PAYBILL_FLOAT, 2: Kind.WORKER_WALLET},
        settled(
            deposit_id="0199",
            paybill_float=1,
            wallet=2,
            amount_cents=1_000_00,
            effective_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        ),
    )


@recipe(SETTLED, example=_example)
def settled(
    *,
    deposit_id: str,
    paybill_float: int,
    wallet: int,
    amount_cents: int,
    effective_at: datetime,
) -> Draft:
    """Book a deposit that M-Pesa has confirmed, by whichever message was first.

    The key is the deposit's own, so that callback, query and statement book it once.
    """
    return Draft(
        kind=SETTLED.code,
        key=f"deposit:{deposit_id}:settled",
        cause=f"deposit:{deposit_id}",
        effective_at=effective_at,
        legs=(debit(paybill_float, amount_cents), credit(wallet, amount_cents)),
    )
