"""What a statement does to the books, where nothing else has told us before. Amounts in cents."""

from datetime import UTC, datetime

from wallets.ledger.chart import Kind
from wallets.ledger.recipes import Draft, Example, JournalKind, credit, debit, recipe

_FLOATS = (Kind.PAYBILL_FLOAT, Kind.PAYOUT_FLOAT)
_PLACES = (*_FLOATS, Kind.SETTLEMENT_IN_TRANSIT, Kind.BANK_IN_TRANSIT)
CHARGED = JournalKind(
    "statement.charged",
    "Safaricom has charged us, as its statement says: one journal for all charges of a file",
    debits=(Kind.MPESA_CHARGES,),
    credits=(Kind.CHARGES_PAYABLE, *_FLOATS),
)
CHARGES_BACK = JournalKind(
    "statement.charges_back",
    "Safaricom has given charges back",
    debits=(Kind.CHARGES_PAYABLE, *_FLOATS),
    credits=(Kind.MPESA_CHARGES,),
)
CHARGES_SETTLED = JournalKind(
    "statement.charges_settled",
    "what we owed Safaricom for charges was paid from our account there",
    debits=(Kind.CHARGES_PAYABLE,),
    credits=_FLOATS,
)
SWEPT = JournalKind(
    "statement.swept",
    "money of ours was moved between accounts at M-Pesa, or to the bank and back",
    debits=_PLACES,
    credits=_PLACES,
)
TAKEN_BACK = JournalKind(
    "statement.taken_back",
    "M-Pesa has given back to its payer what stands in a wallet: who bears it is not decided yet",
    debits=(Kind.SUSPENSE_PAYOUTS,),
    credits=_FLOATS,
)
CAME_BACK = JournalKind(
    "statement.came_back",
    "a payout that M-Pesa had made has come back: whose it is now is not decided yet",
    debits=_FLOATS,
    credits=(Kind.SUSPENSE_PAYOUTS,),
)
_NIGHT = datetime(2026, 11, 20, 20, 59, tzinfo=UTC)


def _draft(
    kind: JournalKind, key: str, cause: str, at: datetime, accounts: tuple[int, int], cents: int
) -> Draft:
    to, out_of = accounts
    legs = (debit(to, cents), credit(out_of, cents))
    return Draft(kind=kind.code, key=key, cause=cause, effective_at=at, legs=legs)


def _example_charged() -> Example:
    return Example(
        "The statement of a day lists 40 charges of KSh 5 for payouts.",
        {1: Kind.MPESA_CHARGES, 2: Kind.CHARGES_PAYABLE},
        charged(file_id="0199", expense=1, charged_to=2, amount_cents=200_00, effective_at=_NIGHT),
    )


@recipe(CHARGED, example=_example_charged)
def charged(
    *, file_id: str, expense: int, charged_to: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Book all new charges of a file, once."""
    key = f"statement:{file_id}:charges"
    accounts = (expense, charged_to)
    return _draft(CHARGED, key, f"statement:{file_id}", effective_at, accounts, amount_cents)


def _example_charges_back() -> Example:
    return Example(
        "Safaricom gives two charges of KSh 5 back.",
        {1: Kind.CHARGES_PAYABLE, 2: Kind.MPESA_CHARGES},
        charges_back(
            file_id="0199", charged_to=1, expense=2, amount_cents=10_00, effective_at=_NIGHT
        ),
    )


@recipe(CHARGES_BACK, example=_example_charges_back)
def charges_back(
    *, file_id: str, charged_to: int, expense: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Book all charges that a file gives back, once."""
    key = f"statement:{file_id}:charges-back"
    accounts = (charged_to, expense)
    return _draft(CHARGES_BACK, key, f"statement:{file_id}", effective_at, accounts, amount_cents)


def _example_charges_settled() -> Example:
    return Example(
        "KSh 1,200 of charges are paid from the paybill's account.",
        {1: Kind.CHARGES_PAYABLE, 2: Kind.PAYBILL_FLOAT},
        charges_settled(
            receipt="UKT1A2B3C4", payable=1, out_of=2, amount_cents=1_200_00, effective_at=_NIGHT
        ),
    )


@recipe(CHARGES_SETTLED, example=_example_charges_settled)
def charges_settled(
    *, receipt: str, payable: int, out_of: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Book that charges were paid, once, whichever of the two accounts' statements says so."""
    key, cause = f"mpesa:{receipt}:charges", f"mpesa:{receipt}"
    return _draft(CHARGES_SETTLED, key, cause, effective_at, (payable, out_of), amount_cents)


def _example_swept() -> Example:
    return Example(
        "KSh 50,000 leave the paybill's account for settlement.",
        {1: Kind.SETTLEMENT_IN_TRANSIT, 2: Kind.PAYBILL_FLOAT},
        swept(receipt="UKT1A2B3C5", to=1, out_of=2, amount_cents=50_000_00, effective_at=_NIGHT),
    )


@recipe(SWEPT, example=_example_swept)
def swept(
    *, receipt: str, to: int, out_of: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Book a move, once, whichever of the two accounts' statements says so."""
    key, cause = f"mpesa:{receipt}:swept", f"mpesa:{receipt}"
    return _draft(SWEPT, key, cause, effective_at, (to, out_of), amount_cents)


def _example_taken_back() -> Example:
    return Example(
        "The payer of KSh 800 that stand in Wanjiku's wallet had M-Pesa take them back.",
        {1: Kind.SUSPENSE_PAYOUTS, 2: Kind.PAYBILL_FLOAT},
        taken_back(
            receipt="UKT1A2B3C4", suspense=1, out_of=2, amount_cents=800_00, effective_at=_NIGHT
        ),
    )


@recipe(TAKEN_BACK, example=_example_taken_back)
def taken_back(
    *, receipt: str, suspense: int, out_of: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Book that the payment with this receipt was taken back, once. No wallet is touched."""
    key, cause = f"mpesa:{receipt}:taken-back", f"mpesa:{receipt}"
    return _draft(TAKEN_BACK, key, cause, effective_at, (suspense, out_of), amount_cents)


def _example_came_back() -> Example:
    return Example(
        "A payout of KSh 500 that M-Pesa had made comes back.",
        {1: Kind.PAYOUT_FLOAT, 2: Kind.SUSPENSE_PAYOUTS},
        came_back(
            receipt="UKT1A2B3C5", into=1, suspense=2, amount_cents=500_00, effective_at=_NIGHT
        ),
    )


@recipe(CAME_BACK, example=_example_came_back)
def came_back(
    *, receipt: str, into: int, suspense: int, amount_cents: int, effective_at: datetime
) -> Draft:
    """Book that the payout with this receipt has come back, once. No wallet is touched."""
    key, cause = f"mpesa:{receipt}:came-back", f"mpesa:{receipt}"
    return _draft(CAME_BACK, key, cause, effective_at, (into, suspense), amount_cents)
