"""Stellar's matters in words that a support person understands."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.timezone import localtime

from nannychain.states.models import StateChange
from wallets.stellar import codes
from wallets.stellar.intents import Intent, InvalidIntent, from_json
from wallets.stellar.models import Submission
from wallets.stellar.states import SUBMISSION, State

STROOPS_PER_XLM = 10_000_000
STATES = {
    State.PLANNED: "planned, waits for the signer",
    State.DECLINED: "declined by the signer",
    State.SIGNED: "signed, being handed in",
    State.SENT: "handed in, waits for a ledger",
    State.UNKNOWN: "not known whether it arrived",
    State.REFUSED: "turned down at the door",
    State.CONFIRMED: "done",
    State.FAILED: "in a ledger, but nothing was done",
    State.EXPIRED: "came to nothing",
}
COLOURS = {
    STATES[State.CONFIRMED]: "success",
    STATES[State.SENT]: "info",
    STATES[State.SIGNED]: "info",
    STATES[State.UNKNOWN]: "warning",
    STATES[State.REFUSED]: "warning",
    STATES[State.FAILED]: "danger",
    STATES[State.DECLINED]: "danger",
}
_INTENTS = {
    "open_account": "open an account",
    "sponsor_account": "open a sponsored account",
    "close_account": "close an account",
    "make_channel": "make a channel",
    "top_up_channel": "top up a channel",
}


def xlm(stroops: int | None) -> str:
    """Write an amount of stroops in XLM, without needless zeros."""
    if stroops is None:
        return "not known"
    whole, part = divmod(abs(stroops), STROOPS_PER_XLM)
    decimals = f".{part:07d}".rstrip("0").rstrip(".")
    return f"{'-' if stroops < 0 else ''}{whole:,}{decimals} XLM"


def intents(submission: Submission) -> list[str]:
    """Return what it is to do, kind by kind with its count."""
    try:
        found = from_json(submission.intents)
    except InvalidIntent:
        return ["what this version can't read"]
    kinds = dict.fromkeys(intent.kind for intent in found)
    return [
        f"{_INTENTS[kind]} × {sum(intent.kind == kind for intent in found)}"  # noqa: RUF001
        for kind in kinds
    ]


def intent(found: Intent) -> str:
    """Return what one intent is to do, with its amount, without whom it is for."""
    stroops = getattr(found, "stroops", None)
    told = _INTENTS[found.kind]
    return told if stroops is None else f"{told} with {xlm(stroops)}"


def address(whole: str) -> str:
    """Shorten a Stellar address as wallets are shown, for lists."""
    return f"{whole[:4]}…{whole[-4:]}"


def age(at: datetime | None) -> str:
    """Return how long ago something was, to the second while that is short."""
    if at is None:
        return "not known"
    seconds = max(0, int((timezone.now() - at).total_seconds()))
    return f"{seconds} s ago" if seconds < 120 else f"{timesince(at)} ago"


def result(submission: Submission) -> str:
    """Return what the network said of it, code by code."""
    if not submission.result_code:
        return ""
    rule = codes.rule_for(submission.result_code)
    told = [f"{rule.words} ({rule.name})"]
    for name in dict.fromkeys(submission.operation_codes):
        if name != "op_success":
            count = submission.operation_codes.count(name)
            told.append(f"{count} × {codes.rule_for(name).words} ({name})")  # noqa: RUF001
    return "; ".join(told)


def timeline(submission: Submission) -> list[tuple[str, str]]:
    """Return what happened to it, oldest first: when, and what."""
    changes = StateChange.objects.filter(machine=SUBMISSION.name, subject_id=str(submission.pk))
    phrases = {(str(edge.source), str(edge.target)): edge.phrase for edge in SUBMISSION.edges}
    steps = [
        (
            change.at,
            phrases.get((change.source, change.target), "it was planned")
            + (f": {change.why}" if change.why and change.source else ""),
        )
        for change in changes.order_by("id")
    ]
    steps += [
        (envelope.signed_at, f"a higher fee was signed: {xlm(envelope.fee_stroops)}")
        for envelope in submission.envelopes.all()
        if envelope.number
    ]
    steps.sort(key=lambda step: step[0])
    return [(date_format(localtime(at), "j M H:i:s"), words) for at, words in steps]
