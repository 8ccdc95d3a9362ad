"""What a payment to our paybill does to the books. Amounts in cents.

Allotting, giving back and being a prompt's share one key, so that the database lets only one of
them be booked.
"""

from datetime import UTC, datetime

from wallets.ledger.chart import Kind
from wallets.ledger.recipes import Draft, Example, JournalKind, credit, debit, recipe

RECEIVED = JournalKind(
    "paybill.received",
    "a payment has come to our paybill number, for a wallet or for somebody we don't know yet",
    debits=(Kind.PAYBILL_FLOAT,),
    credits=(Kind.WORKER_WALLET, Kind.EMPLOYER_WALLET, Kind.SUSPENSE_RECEIPTS),
)
ALLOTTED = JournalKind(
    "paybill.allotted",
    "it is known for whom a payment in suspense was",
    debits=(Kind.SUSPENSE_RECEIPTS,),
    credits=(Kind.WORKER_WALLET, Kind.EMPLOYER_WALLET),
)
RETURNED = JournalKind(
    "paybill.returned",
    "M-Pesa has given a payment in suspense back to its payer",
    debits=(Kind.SUSPENSE_RECEIPTS,),
    credits=(Kind.PAYBILL_FLOAT,),
)
ECHOED = JournalKind(
    "paybill.echoed",
    "a payment in suspense was that of a prompt, which its deposit books: it is counted once",
    debits=(Kind.SUSPENSE_RECEIPTS,),
    credits=(Kind.PAYBILL_FLOAT,),
)
_MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def _example_received() -> Example:
    return Example(
        "An employer pays KSh 800 to the paybill, and mistypes the Worker ID.",
        {1: Kind.PAYBILL_FLOAT, 2: Kind.SUSPENSE_RECEIPTS},
        received(
            receipt="UKL1A2B3C4", paybill_float=1, to=2, amount_cents=800_00, effective_at=_MORNING
        ),
    )


@recipe(RECEIVED, example=_example_received)
def received(
    *, receipt: str, paybill_float: int, to: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Book what came in under M-Pesa's receipt, to a wallet or to suspense, once."""
    return Draft(
        kind=RECEIVED.code,
        key=f"mpesa:{receipt}",
        cause=f"mpesa:{receipt}",
        effective_at=effective_at,
        legs=(debit(paybill_float, amount_cents), credit(to, amount_cents)),
    )


def _example_allotted() -> Example:
    return Example(
        "A colleague finds that the KSh 800 were for Wanjiku.",
        {1: Kind.SUSPENSE_RECEIPTS, 2: Kind.WORKER_WALLET},
        allotted(
            receipt="UKL1A2B3C4", suspense=1, wallet=2, amount_cents=800_00, effective_at=_MORNING
        ),
    )


@recipe(ALLOTTED, example=_example_allotted)
def allotted(
    *, receipt: str, suspense: int, wallet: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Book a payment out of suspense into the wallet that it was for, once."""
    return Draft(
        kind=ALLOTTED.code,
        key=f"mpesa:{receipt}:final",
        cause=f"mpesa:{receipt}",
        effective_at=effective_at,
        legs=(debit(suspense, amount_cents), credit(wallet, amount_cents)),
    )


def _example_returned() -> Example:
    return Example(
        "Nobody knows for whom the KSh 800 were: the employer gets them back.",
        {1: Kind.SUSPENSE_RECEIPTS, 2: Kind.PAYBILL_FLOAT},
        returned(
            receipt="UKL1A2B3C4",
            suspense=1,
            paybill_float=2,
            amount_cents=800_00,
            effective_at=_MORNING,
        ),
    )


@recipe(RETURNED, example=_example_returned)
def returned(
    *, receipt: str, suspense: int, paybill_float: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Book that a payment in suspense has gone back to its payer, once."""
    return Draft(
        kind=RETURNED.code,
        key=f"mpesa:{receipt}:final",
        cause=f"mpesa:{receipt}",
        effective_at=effective_at,
        legs=(debit(suspense, amount_cents), credit(paybill_float, amount_cents)),
    )


def _example_echoed() -> Example:
    return Example(
        "The KSh 800 in suspense were those of Wanjiku's prompt, which her deposit has booked.",
        {1: Kind.SUSPENSE_RECEIPTS, 2: Kind.PAYBILL_FLOAT},
        echoed(
            receipt="UKL1A2B3C4",
            suspense=1,
            paybill_float=2,
            amount_cents=800_00,
            effective_at=_MORNING,
        ),
    )


@recipe(ECHOED, example=_example_echoed)
def echoed(
    *, receipt: str, suspense: int, paybill_float: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Take back that a payment came in: it is a prompt's, and the deposit books it. Once."""
    return Draft(
        kind=ECHOED.code,
        key=f"mpesa:{receipt}:final",
        cause=f"mpesa:{receipt}",
        effective_at=effective_at,
        legs=(debit(suspense, amount_cents), credit(paybill_float, amount_cents)),
    )
