"""Where M-Pesa calls us back: an address for each operation, which nobody can guess.

A view keeps the body in the inbox and answers at once. Its meaning is worked out in a task, by the
rail whose operation it is: rails make their `Source` with `sources` and `config/events.py` joins
them. Safaricom signs nothing, so that an operation's own address, the sender's address and what the
body says must all agree before it is believed. What is not believed only causes a question.
"""

from payments.mpesa.callbacks.addresses import new, url
from payments.mpesa.callbacks.sources import (
    NotOurs,
    older_payouts,
    older_pushes,
    paybill,
    payouts,
    pushes,
    questions,
)
from payments.mpesa.callbacks.validation import validate_with

__all__ = [
    "NotOurs",
    "new",
    "older_payouts",
    "older_pushes",
    "paybill",
    "payouts",
    "pushes",
    "questions",
    "url",
    "validate_with",
]
