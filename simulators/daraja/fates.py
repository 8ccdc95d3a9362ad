"""What becomes of prompts and payouts for the asking: by exact amount, or by the phone's number.

Anything else goes as its people want: whoever has the phone enters a PIN, and money moves while
there is some. Amounts are whole shillings.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fate:
    """A result code, with Safaricom's text for it and what it means in words."""

    code: int | str
    text: str
    phrase: str
    delay_seconds: float = 1.0


PUSHES = {
    1001: Fate(1, "The balance is insufficient for the transaction.", "the payer has too little"),
    1002: Fate(1032, "Request cancelled by user", "the payer cancels"),
    1003: Fate(1037, "DS timeout user cannot be reached", "the phone is off"),
    1004: Fate(2001, "The initiator information is invalid.", "the payer's PIN is wrong"),
    1005: Fate(1019, "Transaction has expired", "the prompt expires"),
    1006: Fate(1001, "Unable to lock subscriber", "the line is in use"),
    1007: Fate(17, "Rule limited.", "the same amount twice within two minutes"),
    1008: Fate(9999, "Error sending push request", "a fault of theirs"),
    1009: Fate(7777, "A code that nobody knows", "a code that is in no list"),
    1010: Fate(0, "The service request is processed successfully.", "paid without a PIN"),
}
PAYOUTS = {
    1001: Fate(1, "The balance is insufficient for the transaction.", "our float is empty"),
    1002: Fate(8, "The receiver would exceed the balance limit.", "the receiver's wallet is full"),
    1003: Fate(2040, "Credit Party customer type is not registered.", "not an M-Pesa number"),
    1004: Fate(17, "System internal error.", "a fault of theirs"),
    1005: Fate(2001, "The initiator information is invalid.", "our credential is wrong"),
    1006: Fate(8006, "The security credential is locked.", "our credential is locked"),
    1007: Fate(7777, "A code that nobody knows", "a code that is in no list"),
    1008: Fate(11, "The DebitParty is in an invalid state.", "our account is not active"),
}
# By the last six digits of the number: (push, payout).
NUMBERS: dict[str, tuple[Fate | None, Fate | None]] = {
    "999921": (
        Fate(2001, "The initiator information is invalid.", "not registered"),
        PAYOUTS[1003],
    ),
    "999922": (None, PAYOUTS[1002]),
    "999923": (PUSHES[1003], None),
    "999924": (PUSHES[1010], None),
    "999925": (PUSHES[1002], None),
    "999926": (PUSHES[1004], None),
}
_DIGITS = 6


def of_push(*, phone: str, shillings: int) -> Fate | None:
    """Return what becomes of a prompt by itself; None where the phone decides."""
    return PUSHES.get(shillings) or NUMBERS.get(phone[-_DIGITS:], (None, None))[0]


def of_payout(*, phone: str, shillings: int) -> Fate | None:
    """Return how a payout fails; None where it goes as floats and wallets allow."""
    return PAYOUTS.get(shillings) or NUMBERS.get(phone[-_DIGITS:], (None, None))[1]


def as_json() -> dict[str, list[dict[str, object]]]:
    """Return all tables, for people and for tests."""
    return {
        "pushes": [_line(fate, amount=amount) for amount, fate in PUSHES.items()],
        "payouts": [_line(fate, amount=amount) for amount, fate in PAYOUTS.items()],
        "numbers": [
            {
                "ending": ending,
                "push": push.phrase if push else None,
                "payout": payout.phrase if payout else None,
            }
            for ending, (push, payout) in NUMBERS.items()
        ],
    }


def _line(fate: Fate, *, amount: int) -> dict[str, object]:
    return {"shillings": amount, "code": fate.code, "phrase": fate.phrase}
