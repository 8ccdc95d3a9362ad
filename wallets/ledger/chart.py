"""The chart of accounts, as data. `syncing.py` writes it to the database after each migration.

A kind that accounts were opened under keeps its side, mode and floor for good: another needs a
migration that moves the accounts.
"""

from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True)
class Money:
    """A currency. `scale` is how many decimal places its minor unit stands for (2: cents)."""

    code: str
    name: str
    scale: int


KES = "KES"
CURRENCIES = (Money(KES, "Kenyan shilling", 2),)


class Kind(IntEnum):
    """The kinds of account, by their codes."""

    PAYBILL_FLOAT = 1110
    PAYOUT_FLOAT = 1120
    WORKING_FLOAT = 1130
    SETTLEMENT_IN_TRANSIT = 1135
    TRUST_BANK = 1140
    BANK_IN_TRANSIT = 1150
    LOANS = 1410
    LOAN_INTEREST_DUE = 1420
    OWN_BANK = 1910
    WORKER_WALLET = 2010
    EMPLOYER_WALLET = 2020
    ESCROW = 2100
    PAYOUT_CLEARING = 2310
    RECEIPT_CLEARING = 2320
    STATUTORY_PAYABLE = 2400
    CIRCLE_POOL = 2600
    CHARGES_PAYABLE = 2810
    TAX_PAYABLE = 2820
    SUSPENSE_RECEIPTS = 2910
    SUSPENSE_PAYOUTS = 2920
    SUSPENSE_DIFFERENCES = 2930
    EQUITY = 3000
    OPENING_BALANCES = 3900
    FEE_INCOME = 4010
    LOAN_INTEREST_INCOME = 4020
    FLOAT_INTEREST = 4030
    MPESA_CHARGES = 5010
    MESSAGE_COSTS = 5020
    RECONCILIATION_LOSSES = 5090
    CREDIT_LOSSES = 5200


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the chart.

    `floor` is the least natural balance in minor units (None: any). A hot account (`is_deferred`)
    is not locked by a posting: it has no floor, and its balance is rolled up. Money that is not
    cleared from an account within `clears_within_days` is a matter for staff.
    """

    kind: Kind
    name: str
    what: str
    is_deferred: bool = False
    floor: int | None = None
    is_customer_money: bool = False
    clears_within_days: int | None = None

    @property
    def type(self) -> str:
        """Return the class of bookkeeping, which is the first digit of the code."""
        return ("asset", "liability", "equity", "income", "expense")[self.kind // 1000 - 1]

    @property
    def side(self) -> int:
        """Return 1 where debits make the account grow, -1 where credits do."""
        return 1 if self.type in ("asset", "expense") else -1


_ASSETS = (
    Line(
        kind=Kind.PAYBILL_FLOAT,
        name="M-Pesa paybill",
        is_deferred=True,
        what="what lies at M-Pesa under a paybill number",
    ),
    Line(
        kind=Kind.PAYOUT_FLOAT,
        name="M-Pesa payouts",
        is_deferred=True,
        what="what lies at M-Pesa under the number that pays out",
    ),
    Line(
        kind=Kind.WORKING_FLOAT,
        name="M-Pesa working account",
        is_deferred=True,
        what="what lies in the organisation's working account",
    ),
    Line(
        kind=Kind.SETTLEMENT_IN_TRANSIT,
        name="M-Pesa settlement in transit",
        is_deferred=True,
        clears_within_days=1,
        what="swept out of one M-Pesa account and not yet in the other",
    ),
    Line(
        kind=Kind.TRUST_BANK,
        name="Trust bank account",
        floor=0,
        what="customers' money at a bank, held in trust",
    ),
    Line(
        kind=Kind.BANK_IN_TRANSIT,
        name="Between bank and M-Pesa",
        is_deferred=True,
        clears_within_days=2,
        what="on its way between the bank and M-Pesa",
    ),
    Line(kind=Kind.LOANS, name="Loans", what="principal that borrowers owe us", floor=0),
    Line(
        kind=Kind.LOAN_INTEREST_DUE,
        name="Loan interest due",
        floor=0,
        what="interest that borrowers owe us",
    ),
    Line(
        kind=Kind.OWN_BANK,
        name="Own bank account",
        floor=0,
        what="the company's own money at a bank",
    ),
)

_LIABILITIES = (
    Line(
        kind=Kind.WORKER_WALLET,
        name="Worker's wallet",
        floor=0,
        is_customer_money=True,
        what="what we owe a worker on demand",
    ),
    Line(
        kind=Kind.EMPLOYER_WALLET,
        name="Employer's wallet",
        floor=0,
        is_customer_money=True,
        what="what we owe an employer on demand",
    ),
    Line(
        kind=Kind.ESCROW,
        name="Escrow",
        floor=0,
        is_customer_money=True,
        what="a wage set aside until the work is confirmed, one account for a contract",
    ),
    Line(
        kind=Kind.PAYOUT_CLEARING,
        name="Payouts under way",
        is_deferred=True,
        is_customer_money=True,
        clears_within_days=1,
        what="taken from a wallet; M-Pesa hasn't yet said what became of it",
    ),
    Line(
        kind=Kind.RECEIPT_CLEARING,
        name="Receipts being allotted",
        is_deferred=True,
        is_customer_money=True,
        clears_within_days=1,
        what="came in, and is on its way to a wallet",
    ),
    Line(
        kind=Kind.STATUTORY_PAYABLE,
        name="Statutory deductions payable",
        is_deferred=True,
        is_customer_money=True,
        clears_within_days=40,
        what="NSSF, SHIF, housing levy and PAYE collected for employers",
    ),
    Line(
        kind=Kind.CIRCLE_POOL,
        name="Circle pool",
        floor=0,
        is_customer_money=True,
        what="what members of a savings circle have paid in, one account for a circle",
    ),
    Line(
        kind=Kind.CHARGES_PAYABLE,
        name="Charges payable to Safaricom",
        is_deferred=True,
        what="charges that Safaricom has reckoned and not yet taken",
    ),
    Line(
        kind=Kind.TAX_PAYABLE,
        name="Tax payable",
        is_deferred=True,
        what="excise duty and VAT on our fees",
    ),
    Line(
        kind=Kind.SUSPENSE_RECEIPTS,
        name="Suspense: receipts",
        is_deferred=True,
        is_customer_money=True,
        clears_within_days=1,
        what="came in for somebody whom we don't know yet",
    ),
    Line(
        kind=Kind.SUSPENSE_PAYOUTS,
        name="Suspense: payouts",
        is_deferred=True,
        is_customer_money=True,
        clears_within_days=1,
        what="payouts whose result contradicts what we booked",
    ),
    Line(
        kind=Kind.SUSPENSE_DIFFERENCES,
        name="Suspense: differences",
        is_deferred=True,
        is_customer_money=True,
        clears_within_days=7,
        what="differences to a provider's statement that are not explained yet",
    ),
)

_REST = (
    Line(kind=Kind.EQUITY, name="Equity", what="the owners' capital"),
    Line(
        kind=Kind.OPENING_BALANCES,
        name="Opening balances",
        what="the other side of what was there before these books began",
    ),
    Line(kind=Kind.FEE_INCOME, name="Fees", what="fees earned", is_deferred=True),
    Line(
        kind=Kind.LOAN_INTEREST_INCOME,
        name="Loan interest",
        what="interest earned on loans",
        is_deferred=True,
    ),
    Line(
        kind=Kind.FLOAT_INTEREST,
        name="Interest on float",
        is_deferred=True,
        what="interest earned on money in trust; it may belong to the trust",
    ),
    Line(
        kind=Kind.MPESA_CHARGES,
        name="M-Pesa charges",
        what="what Safaricom charges us",
        is_deferred=True,
    ),
    Line(
        kind=Kind.MESSAGE_COSTS,
        name="SMS and USSD",
        is_deferred=True,
        what="what messages and sessions cost us",
    ),
    Line(
        kind=Kind.RECONCILIATION_LOSSES,
        name="Reconciliation losses",
        is_deferred=True,
        what="differences written off by two people",
    ),
    Line(kind=Kind.CREDIT_LOSSES, name="Credit losses", what="loans written off", is_deferred=True),
)

CHART = (*_ASSETS, *_LIABILITIES, *_REST)
