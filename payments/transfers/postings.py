"""What a transfer between members does to the books. Amounts in cents."""

from datetime import UTC, datetime

from wallets.ledger.chart import Kind
from wallets.ledger.recipes import Draft, Example, JournalKind, credit, debit, recipe

_WALLETS = (Kind.WORKER_WALLET, Kind.EMPLOYER_WALLET)
SENT = JournalKind(
    "transfer.sent", "money has moved from one wallet to another", debits=_WALLETS, credits=_WALLETS
)


def _example() -> Example:
    return Example(
        "Wanjiku sends Achieng KSh 250.",
        {1: Kind.WORKER_WALLET, 2: Kind.WORKER_WALLET},
        sent(
            transfer_id="0199",
            sender=1,
            recipient=2,
            amount_cents=250_00,
            effective_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        ),
    )


@recipe(SENT, example=_example)
def sent(
    *, transfer_id: str, sender: int, recipient: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Book a transfer: two legs, at once."""
    return Draft(
        kind=SENT.code,
        key=f"transfer:{transfer_id}",
        cause=f"transfer:{transfer_id}",
        effective_at=effective_at,
        legs=(debit(sender, amount_cents), credit(recipient, amount_cents)),
    )
