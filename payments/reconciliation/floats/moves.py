"""The moves of our own money that staff book, as data. A recipe is made of each line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from payments.reconciliation.statements.postings import SWEPT
from wallets.ledger.chart import Kind
from wallets.ledger.recipes import Draft, Example, JournalKind, credit, debit, recipe


class Place(StrEnum):
    """By which name an account of this kind is told apart."""

    PAYBILL = "paybill"  # the number that money comes in under
    PAYOUT = "payout"  # the number that pays out
    BANK = "bank"  # a bank's name
    NONE = ""  # there is one


PLACES = {
    Kind.PAYBILL_FLOAT: Place.PAYBILL,
    Kind.PAYOUT_FLOAT: Place.PAYOUT,
    Kind.WORKING_FLOAT: Place.PAYBILL,
    Kind.SETTLEMENT_IN_TRANSIT: Place.PAYBILL,
    Kind.TRUST_BANK: Place.BANK,
    Kind.BANK_IN_TRANSIT: Place.PAYBILL,  # as statements book it
    Kind.OWN_BANK: Place.BANK,
    Kind.CHARGES_PAYABLE: Place.PAYBILL,
    Kind.MPESA_CHARGES: Place.NONE,
    Kind.EQUITY: Place.NONE,
    Kind.FLOAT_INTEREST: Place.NONE,
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One move. `words` say it to staff, `story` tells an example for the book of recipes.

    With `at_payout`, charges and money on its way are those of the number that pays out.
    """

    code: str
    words: str
    phrase: str
    debits: Kind
    credits: Kind
    story: str
    at_payout: bool = False

    @property
    def journal_kind(self) -> JournalKind:
        """Return the kind of journal that this move is."""
        return JournalKind(
            f"float.{self.code}", self.phrase, debits=(self.debits,), credits=(self.credits,)
        )

    def place(self, kind: Kind) -> Place:
        """Return by which name the account of this kind is told apart in this move."""
        place = PLACES[kind]
        return Place.PAYOUT if self.at_payout and place is Place.PAYBILL else place

    @property
    def is_swept(self) -> bool:
        """Tell whether the import of M-Pesa's statement books such a move too."""
        return {self.debits, self.credits} <= set(SWEPT.debits) and self.debits is not self.credits

    @property
    def needs_bank(self) -> bool:
        """Tell whether a bank has to be named."""
        return Place.BANK in (self.place(self.debits), self.place(self.credits))


MOVES = {
    line.code: line
    for line in (
        Line(
            code="to_mpesa",
            words="Bank to M-Pesa: it has left the bank",
            phrase="money has left the trust account at the bank, for M-Pesa",
            debits=Kind.BANK_IN_TRANSIT,
            credits=Kind.TRUST_BANK,
            story="KSh 50,000 are sent from the bank to the float for payouts.",
            at_payout=True,
        ),
        Line(
            code="at_payouts",
            words="Bank to M-Pesa: it has come to the float for payouts",
            phrase="money from the bank has come to the number that pays out",
            debits=Kind.PAYOUT_FLOAT,
            credits=Kind.BANK_IN_TRANSIT,
            story="The KSh 50,000 can be paid out.",
            at_payout=True,
        ),
        Line(
            code="swept",
            words="Paybill to working account: swept out of the paybill",
            phrase="what came in under the paybill was swept towards the working account",
            debits=Kind.SETTLEMENT_IN_TRANSIT,
            credits=Kind.PAYBILL_FLOAT,
            story="KSh 50,000 of the paybill's money are settled.",
        ),
        Line(
            code="settled",
            words="Paybill to working account: it has come",
            phrase="what was swept out of the paybill has come to the working account",
            debits=Kind.WORKING_FLOAT,
            credits=Kind.SETTLEMENT_IN_TRANSIT,
            story="The KSh 50,000 are in the working account.",
        ),
        Line(
            code="to_bank",
            words="M-Pesa to bank: it has left the working account",
            phrase="money has left the working account, for the bank",
            debits=Kind.BANK_IN_TRANSIT,
            credits=Kind.WORKING_FLOAT,
            story="KSh 50,000 are withdrawn to the bank.",
        ),
        Line(
            code="paybill_to_bank",
            words="M-Pesa to bank: it has left the paybill",
            phrase="money has left the paybill, for the bank",
            debits=Kind.BANK_IN_TRANSIT,
            credits=Kind.PAYBILL_FLOAT,
            story="KSh 50,000 of the paybill's money are withdrawn to the bank.",
        ),
        Line(
            code="at_bank",
            words="M-Pesa to bank: it has come to the trust account",
            phrase="money from M-Pesa has come to the trust account at the bank",
            debits=Kind.TRUST_BANK,
            credits=Kind.BANK_IN_TRANSIT,
            story="The KSh 50,000 are at the bank.",
        ),
        Line(
            code="paybill_to_payouts",
            words="Paybill to float for payouts",
            phrase="money was moved from the paybill to the number that pays out",
            debits=Kind.PAYOUT_FLOAT,
            credits=Kind.PAYBILL_FLOAT,
            story="KSh 50,000 that came in are to be paid out.",
        ),
        Line(
            code="working_to_payouts",
            words="Working account to float for payouts",
            phrase="money was moved from the working account to the number that pays out",
            debits=Kind.PAYOUT_FLOAT,
            credits=Kind.WORKING_FLOAT,
            story="KSh 50,000 of the working account are to be paid out.",
        ),
        Line(
            code="charged",
            words="Safaricom's charges on the paybill: reckoned",
            phrase="Safaricom has reckoned charges on the paybill, and not yet taken them",
            debits=Kind.MPESA_CHARGES,
            credits=Kind.CHARGES_PAYABLE,
            story="The statement lists charges of KSh 50,000.",
        ),
        Line(
            code="charges_taken",
            words="Safaricom's charges on the paybill: taken",
            phrase="Safaricom has taken its charges out of the paybill",
            debits=Kind.CHARGES_PAYABLE,
            credits=Kind.PAYBILL_FLOAT,
            story="Safaricom takes the charges when the paybill is settled.",
        ),
        Line(
            code="payouts_charged",
            words="Safaricom's charges on payouts: reckoned",
            phrase="Safaricom has reckoned charges on payouts, and not yet taken them",
            debits=Kind.MPESA_CHARGES,
            credits=Kind.CHARGES_PAYABLE,
            story="The payouts of the month were charged with KSh 50,000.",
            at_payout=True,
        ),
        Line(
            code="payout_charges_taken",
            words="Safaricom's charges on payouts: taken",
            phrase="Safaricom has taken its charges out of the float for payouts",
            debits=Kind.CHARGES_PAYABLE,
            credits=Kind.PAYOUT_FLOAT,
            story="Safaricom takes the charges out of the float.",
            at_payout=True,
        ),
        Line(
            code="own_into_pool",
            words="Own money into the pool",
            phrase="own money was moved to the trust account, to cover what customers are owed",
            debits=Kind.TRUST_BANK,
            credits=Kind.OWN_BANK,
            story="Charges were paid out of the pool; the company makes KSh 50,000 good.",
        ),
        Line(
            code="own_out_of_pool",
            words="Earned money out of the pool",
            phrase="what the pool held beyond what customers are owed was moved to the company",
            debits=Kind.OWN_BANK,
            credits=Kind.TRUST_BANK,
            story="Fees of KSh 50,000 were earned; customers' money stays covered without them.",
        ),
        Line(
            code="interest",
            words="Interest on the trust account",
            phrase="the bank has paid interest on the trust account",
            debits=Kind.TRUST_BANK,
            credits=Kind.FLOAT_INTEREST,
            story="The bank pays KSh 50,000 of interest.",
        ),
        Line(
            code="capital",
            words="Owners' money paid in",
            phrase="the owners have paid money into the company's bank account",
            debits=Kind.OWN_BANK,
            credits=Kind.EQUITY,
            story="The owners pay in KSh 50,000.",
        ),
    )
}
_MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def moved(
    line: Line,
    *,
    move_id: str,
    debited: int,
    credited: int,
    amount_cents: int,
    effective_at: datetime,
) -> Draft:
    """Book a move of `amount_cents`, once for each move that was approved."""
    return Draft(
        kind=line.journal_kind.code,
        key=f"float:{move_id}",
        cause=f"float:{move_id}",
        effective_at=effective_at,
        legs=(debit(debited, amount_cents), credit(credited, amount_cents)),
    )


def _example(line: Line) -> Example:
    draft = moved(
        line,
        move_id="0199",
        debited=1,
        credited=2,
        amount_cents=50_000_00,
        effective_at=_MORNING,
    )
    return Example(line.story, {1: line.debits, 2: line.credits}, draft)


def _register(line: Line) -> Callable[..., Draft]:
    return recipe(line.journal_kind, example=partial(_example, line))(partial(moved, line))


RECIPES = {code: _register(line) for code, line in MOVES.items()}
