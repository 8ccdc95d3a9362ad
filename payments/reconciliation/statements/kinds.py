"""What a line of a statement is about, by its reason type: one table.

A reason type that does not stand here is unknown: the line is kept, named as a break, and alerts.
Source: reason types seen in files of the portal; those of charges, reversals and moves by their
form.
"""

import re
from enum import StrEnum

from payments.reconciliation.statements.layout import Line


class Kind(StrEnum):
    """The kinds of line."""

    PAY_IN = "pay_in"  # by prompt, paybill or standing order
    PAY_IN_OVERDRAFT = "pay_in_overdraft"  # the same, out of the payer's Fuliza
    PAYOUT = "payout"
    CHARGE = "charge"  # of Safaricom's, or given back by it
    REVERSAL = "reversal"
    SWEEP = "sweep"  # between our account at M-Pesa and settlement or bank
    CHARGES_SETTLED = "charges_settled"  # what we owed Safaricom for charges is paid
    INTERNAL = "internal"  # between two accounts of one number
    NOT_COMPLETED = "not_completed"  # moved nothing
    UNKNOWN = "unknown"


WORDS = {
    Kind.PAY_IN: "paid in",
    Kind.PAY_IN_OVERDRAFT: "paid in, with Fuliza",
    Kind.PAYOUT: "paid out",
    Kind.CHARGE: "charge",
    Kind.REVERSAL: "reversal",
    Kind.SWEEP: "sweep",
    Kind.CHARGES_SETTLED: "charges settled",
    Kind.INTERNAL: "between own accounts",
    Kind.NOT_COMPLETED: "not completed",
    Kind.UNKNOWN: "unknown reason type",
}
PAY_INS = (Kind.PAY_IN, Kind.PAY_IN_OVERDRAFT)


class Role(StrEnum):
    """What an account of a number is for, by its name at M-Pesa."""

    MAIN = "main"  # utility, working: what our float accounts mirror, together
    CHARGES = "charges"  # charges paid: what we owe for charges, below zero
    SETTLEMENT = "settlement"  # on the way to the bank


_IN, _OUT = 1, -1
_REASONS = {
    ("pay utility", _IN): Kind.PAY_IN,
    ("pay bill", _IN): Kind.PAY_IN,
    ("pay bill online", _IN): Kind.PAY_IN,
    ("customer pay bill online", _IN): Kind.PAY_IN,
    ("standing order pay bill", _IN): Kind.PAY_IN,
    ("pay utility with od via stk", _IN): Kind.PAY_IN_OVERDRAFT,
    ("pay utility with od online", _IN): Kind.PAY_IN_OVERDRAFT,
    ("pay bill with od online", _IN): Kind.PAY_IN_OVERDRAFT,
    ("business payment", _OUT): Kind.PAYOUT,
    ("business payment to customer", _OUT): Kind.PAYOUT,
    ("salary payment", _OUT): Kind.PAYOUT,
    ("salary payment to customer", _OUT): Kind.PAYOUT,
    ("promotion payment", _OUT): Kind.PAYOUT,
    ("promotion payment to customer", _OUT): Kind.PAYOUT,
}
_VIA_API = re.compile(r" via api$")
_MOVE = re.compile(
    r"(?:(.+?) account|(bank|mmf)(?: account)?) to (?:(.+?) account|(bank|mmf))(?: .*)?"
)
_TO_BANK = ("settlement", "bank")


def role_of(account: str) -> Role:
    """Return what an account is for."""
    name = account.casefold()
    if "charge" in name:
        return Role.CHARGES
    return Role.SETTLEMENT if "settlement" in name else Role.MAIN


def kind_of(line: Line) -> Kind:
    """Return what a line is about."""
    if not line.is_completed:
        return Kind.NOT_COMPLETED
    return kind_of_reason(line.reason_type, direction=_IN if line.paid_in_cents else _OUT)


def kind_of_reason(reason_type: str, *, direction: int) -> Kind:
    """Return what a completed line is about; `direction` is 1 where it adds, -1 where it takes."""
    reason = _VIA_API.sub("", " ".join(reason_type.casefold().split()))
    if known := _REASONS.get((reason, direction)):
        return known
    if "reversal" in reason:
        return Kind.REVERSAL
    if move := _MOVE.fullmatch(reason):
        return _move(" ".join(part for part in move.groups() if part))
    return Kind.CHARGE if reason.endswith((" charge", " charges", " fee")) else Kind.UNKNOWN


def _move(ends: str) -> Kind:
    if "charge" in ends:
        return Kind.CHARGES_SETTLED
    return Kind.SWEEP if any(word in ends for word in _TO_BANK) else Kind.INTERNAL
