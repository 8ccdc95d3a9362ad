"""Our own ids in the texts of a line, and what may be kept of whom it names."""

import re

from payments.deposits import references as prompts
from payments.mpesa import messages
from payments.reconciliation.statements.kinds import PAY_INS, Kind

# "… via API. Original conversation ID is <id>." The id is the one that the caller chose.
_CONVERSATION = re.compile(r"original conversation id is ([A-Za-z0-9_-]{8,60})", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_PARTY = re.compile(r"\s*(\+?[0-9*#xX ]{6,20}?)\s*-\s*(.*)")
_GONE = "…"


def of_line(kind: Kind, *, account: str, details: str) -> str:
    """Return the id of a prompt or of a payout's attempt that a line names; empty without."""
    if kind in PAY_INS:
        return prompts.parse(account) or "" if account.isascii() else ""
    if kind is not Kind.PAYOUT:
        return ""
    for text in (details, account):
        if found := _CONVERSATION.search(text):
            return found[1].rstrip(".")
        if found := _UUID.search(text):
            return found[0].lower()
    return ""


def party(text: str) -> tuple[str, str]:
    """Return the number as it is shown, and the name, of `25472****108 - NAME`."""
    found = _PARTY.fullmatch(text)
    if found is None:
        return "", " ".join(text.split())[:80]
    return found[1].strip()[:30], " ".join(found[2].split())[:80]


def without_name(text: str, name: str) -> str:
    """Return a text from which the other party's name was taken."""
    plain = " ".join(text.split())
    return (plain.replace(name, _GONE) if name else plain)[:200]


def number(shown: str) -> tuple[str, str]:
    """Return a number in E.164 and, where it is hidden in part, as it is shown; one is empty."""
    whole = messages.e164(shown)
    return (whole, "") if whole else ("", shown)
