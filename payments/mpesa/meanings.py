"""What a code can mean: the vocabulary of the table in `codes`."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise


class Where(StrEnum):
    """Where in M-Pesa's answers a code stands. The same code means other things elsewhere."""

    TRANSPORT = "transport"  # what our own HTTP says when there is no answer
    HTTP = "HTTP"  # the status of an answer that says nothing else
    CALL = "call"  # the answer to a call that moves money or asks: ResponseCode or errorCode
    PUSH = "push"  # ResultCode of a push, by callback or query
    PAYOUT = "payout"  # ResultCode of a payout
    QUESTION = "question"  # ResultCode of a status or balance query
    REVERSAL = "reversal"  # ResultCode of a reversal
    STATUS = "status"  # the word for how a transaction stands


class Outcome(StrEnum):
    """What a call, or an operation, came to."""

    ACCEPTED = "ACCEPTED"  # a call: taken; what comes of it is told later
    REJECTED = "REJECTED"  # a call: certainly not taken
    UNKNOWN = "UNKNOWN"  # a call: perhaps taken
    PAID = "PAID"  # an operation: the money has moved (or the question is answered)
    FAILED = "FAILED"  # an operation: the money has not moved
    PENDING = "PENDING"  # an operation: not decided yet, or in words that we don't know


class Alert(StrEnum):
    """When a person must know."""

    NEVER = "never"
    IF_IT_LASTS = "if it lasts"
    AT_ONCE = "at once"


class Others(StrEnum):
    """What a code says of the operations that wait behind this one."""

    GO_ON = "go on"
    PARK = "park"  # our float is empty: they wait until there is money
    STOP = "stop"  # our access is broken: they would all fail


@dataclass(frozen=True)
class Meaning:
    """What we make of one code.

    `is_definite`: nothing will change it. A failure that is not definite is believed only when a
    query agrees, and a later success wins over it. `is_retryable`: another try, under a new id and
    only after a definite failure, may succeed. `words` are for the person, `note` for us. `message`
    is what its text must contain where one code stands for several things.
    """

    where: Where
    code: str
    outcome: Outcome
    is_definite: bool
    is_retryable: bool
    words: str | Promise
    note: str
    alert: Alert = Alert.NEVER
    others: Others = Others.GO_ON
    message: str = ""
    is_known: bool = True
