"""What settling a break does to the books. Amounts in cents.

What is missing at M-Pesa or a bank is our loss, never a customer's; what is there and nobody's is
kept in suspense, never taken as a gain.
"""

from datetime import UTC, datetime

from wallets.ledger.chart import Kind
from wallets.ledger.recipes import Draft, Example, JournalKind, credit, debit, recipe

FLOATS = (
    *(Kind.PAYBILL_FLOAT, Kind.PAYOUT_FLOAT, Kind.WORKING_FLOAT),
    *(Kind.SETTLEMENT_IN_TRANSIT, Kind.TRUST_BANK, Kind.BANK_IN_TRANSIT),
)
SUSPENSE = (Kind.SUSPENSE_RECEIPTS, Kind.SUSPENSE_PAYOUTS, Kind.SUSPENSE_DIFFERENCES)
LOSSES_FROM = (*FLOATS, *SUSPENSE)
WRITTEN_OFF = JournalKind(
    "reconciliation.written_off",
    "two members of staff write off what is missing, as a loss of ours",
    debits=(Kind.RECONCILIATION_LOSSES,),
    credits=LOSSES_FROM,
)
SET_ASIDE = JournalKind(
    "reconciliation.set_aside",
    "two members of staff put into suspense what is there and in no book",
    debits=FLOATS,
    credits=(Kind.SUSPENSE_DIFFERENCES,),
)
_MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def _example_written_off() -> Example:
    return Example(
        "KSh 120 are missing at M-Pesa, and nobody will find out why.",
        {1: Kind.RECONCILIATION_LOSSES, 2: Kind.PAYOUT_FLOAT},
        written_off(
            request_id="0199",
            break_id="0198",
            losses=1,
            account=2,
            amount_cents=120_00,
            effective_at=_MORNING,
        ),
    )


@recipe(WRITTEN_OFF, example=_example_written_off)
def written_off(
    *,
    request_id: str,
    break_id: str,
    losses: int,
    account: int,
    amount_cents: int,
    effective_at: datetime,
) -> Draft:
    """Book what is missing on `account` as a loss, once for each request that was approved."""
    return Draft(
        kind=WRITTEN_OFF.code,
        key=f"break:{request_id}",
        cause=f"break:{break_id}",
        effective_at=effective_at,
        legs=(debit(losses, amount_cents), credit(account, amount_cents)),
    )


def _example_set_aside() -> Example:
    return Example(
        "M-Pesa holds KSh 75 more than our books say, and nobody knows whose they are.",
        {1: Kind.PAYBILL_FLOAT, 2: Kind.SUSPENSE_DIFFERENCES},
        set_aside(
            request_id="0199",
            break_id="0198",
            account=1,
            suspense=2,
            amount_cents=75_00,
            effective_at=_MORNING,
        ),
    )


@recipe(SET_ASIDE, example=_example_set_aside)
def set_aside(
    *,
    request_id: str,
    break_id: str,
    account: int,
    suspense: int,
    amount_cents: int,
    effective_at: datetime,
) -> Draft:
    """Book what is there on `account` and in no book into suspense, once for each request."""
    return Draft(
        kind=SET_ASIDE.code,
        key=f"break:{request_id}",
        cause=f"break:{break_id}",
        effective_at=effective_at,
        legs=(debit(account, amount_cents), credit(suspense, amount_cents)),
    )
