"""Every way in which a send can end, and what we make of it: one line each.

Source: the provider's list of status codes, and recorded answers. Something that is not listed
here is UNKNOWN and alerts: it may have been sent.
"""

from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """Where in an exchange a code stands."""

    TRANSPORT = "transport"  # what our own HTTP says when there is no answer
    HTTP = "HTTP"  # the status of the answer
    MESSAGE = "message"  # the provider's sentence, where no recipient is listed
    RECIPIENT = "recipient"  # the status code of our one recipient


class Outcome(StrEnum):
    """What a send came to."""

    ACCEPTED = "ACCEPTED"  # the provider has it
    NOT_DONE = "NOT_DONE"  # certainly not sent; another try may succeed
    REJECTED = "REJECTED"  # certainly not sent; another try would end the same
    UNKNOWN = "UNKNOWN"  # perhaps sent


class Alert(StrEnum):
    """When a person must know."""

    NEVER = "never"
    IF_IT_LASTS = "if it lasts"
    AT_ONCE = "at once"


@dataclass(frozen=True)
class Rule:
    """What we make of one code. Without `pause_seconds`, the pauses grow from try to try."""

    where: Where
    code: str
    outcome: Outcome
    words: str
    alert: Alert = Alert.NEVER
    pause_seconds: int | None = None


# Somebody has to mend a setting or pay a bill; nothing is gained by asking every few seconds.
_UNTIL_MENDED = 15 * 60

_T, _H, _M, _R = Where.TRANSPORT, Where.HTTP, Where.MESSAGE, Where.RECIPIENT
_YES, _LATER, _NO, _PERHAPS = (
    Outcome.ACCEPTED,
    Outcome.NOT_DONE,
    Outcome.REJECTED,
    Outcome.UNKNOWN,
)
_LASTS, _NOW = Alert.IF_IT_LASTS, Alert.AT_ONCE

RULES = (
    Rule(_T, "not_sent", _LATER, "the provider can't be reached", _LASTS),
    Rule(_T, "answer_lost", _PERHAPS, "the request left and no answer came", _NOW),
    # A redirect or another 4xx: our address or our request is wrong.
    Rule(_H, "3xx", _LATER, "the provider's address is not right", _NOW, _UNTIL_MENDED),
    Rule(_H, "4xx", _LATER, "the provider doesn't take our requests", _NOW, _UNTIL_MENDED),
    Rule(_H, "401", _LATER, "the provider refuses our key", _NOW, _UNTIL_MENDED),
    Rule(_H, "403", _LATER, "the provider forbids us to send", _NOW, _UNTIL_MENDED),
    Rule(_H, "408", _LATER, "the provider did not get the whole request", _LASTS),
    Rule(_H, "409", _NO, "the person wants no such messages (do not disturb)"),
    Rule(_H, "429", _LATER, "the provider asks us to slow down", _LASTS),
    Rule(_H, "5xx", _LATER, "the provider is in trouble", _LASTS),
    # The provider's gateway passed the request on and waited in vain, as we would have.
    Rule(_H, "504", _PERHAPS, "the provider's gateway got no answer in time", _NOW),
    Rule(_M, "InvalidSenderId", _LATER, "our sender ID is not known", _NOW, _UNTIL_MENDED),
    Rule(_R, "100", _YES, "processed"),
    Rule(_R, "101", _YES, "sent"),
    Rule(_R, "102", _YES, "queued by the provider"),
    # The provider has it, and may let it go or drop it: to send it again could send it twice.
    Rule(_R, "401", _PERHAPS, "the provider holds it back (risk)", _NOW),
    Rule(_R, "402", _LATER, "our sender ID is not known", _NOW, _UNTIL_MENDED),
    Rule(_R, "403", _NO, "the provider says that there is no such number"),
    Rule(_R, "404", _NO, "the provider doesn't reach this kind of number"),
    Rule(_R, "405", _LATER, "our account with the provider is empty", _NOW),
    Rule(_R, "406", _NO, "the person has blocked our messages"),
    Rule(_R, "407", _LATER, "the provider finds no way to the number"),
    Rule(_R, "409", _NO, "the person wants no such messages (do not disturb)"),
    Rule(_R, "500", _LATER, "the provider failed at this one", _LASTS),
    Rule(_R, "501", _LATER, "the network is in trouble", _LASTS),
    Rule(_R, "502", _LATER, "the network turned it down for now", _LASTS),
)

_BY_CODE = {(rule.where, rule.code): rule for rule in RULES}


def rule_for(where: Where, code: str) -> Rule:
    """Return what to make of a code; what is not listed may have been sent, and alerts."""
    family = f"{code[:1]}xx" if where is Where.HTTP else code
    known = _BY_CODE.get((where, code)) or _BY_CODE.get((where, family))
    return known or Rule(
        where, code, Outcome.UNKNOWN, f"unknown answer: {where} {code[:40]}".strip(), Alert.AT_ONCE
    )
