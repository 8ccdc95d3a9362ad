"""What a transfer between members does to the books. Amounts in cents."""

from datetime import UTC, datetime

from wallets.ledger.chart import Kind
from wallets.ledger.recipes import Draft, Example, JournalKind, credit, debit, recipe

_WALLETS = (Kind.WORKER_WALLET, Kind.EMPLOYER_WALLET)
SENT = JournalKind(
    "transfer.sent",
    "money has moved from one wallet to another, and the fee is earned",
    debits=_WALLETS,
    credits=(*_WALLETS, Kind.FEE_INCOME, Kind.TAX_PAYABLE),
)


def _example() -> Example:
    return Example(
        "Wanjiku sends Achieng KSh 250; the fee is KSh 7, of which KSh 0.91 are excise duty.",
        {
            1: Kind.WORKER_WALLET,
            2: Kind.WORKER_WALLET,
            3: Kind.FEE_INCOME,
            4: Kind.TAX_PAYABLE,
        },
        sent(
            transfer_id="0199",
            sender=1,
            recipient=2,
            amount_cents=250_00,
            charges={3: 6_09, 4: 91},
            effective_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        ),
    )


@recipe(SENT, example=_example)
def sent(
    *,
    transfer_id: str,
    sender: int,
    recipient: int,
    amount_cents: int,
    effective_at: datetime,
    charges: dict[int, int] | None = None,
) -> Draft:
    """Book a transfer at once. `charges` are cents by account, of the fee and the tax on it."""
    due = {account: cents for account, cents in (charges or {}).items() if cents}
    return Draft(
        kind=SENT.code,
        key=f"transfer:{transfer_id}",
        cause=f"transfer:{transfer_id}",
        effective_at=effective_at,
        legs=(
            debit(sender, amount_cents + sum(due.values())),
            credit(recipient, amount_cents),
            *(credit(account, cents) for account, cents in due.items()),
        ),
    )
