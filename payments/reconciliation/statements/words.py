"""Statements in words, for staff."""

from datetime import datetime

from nannychain.clock import NAIROBI
from payments.reconciliation.statements.models import StatementFile, Suggestion
from payments.reconciliation.statements.states import State

STATES = {
    State.RECEIVED: "waits to be read",
    State.REFUSED: "refused",
    State.STORED: "being compared",
    State.COMPARED: "compared",
}
COLOURS = {
    STATES[State.RECEIVED]: "info",
    STATES[State.REFUSED]: "danger",
    STATES[State.STORED]: "info",
    STATES[State.COMPARED]: "success",
}


def now(file: StatementFile, *, still_open: int) -> str:
    """Return in one sentence how it stands."""
    state = State(file.state)
    if state is State.REFUSED:
        line = f", row {file.refused_line}" if file.refused_line else ""
        return f"Refused{line}: {file.reason} Nothing of it was kept."
    if state is State.COMPARED:
        left = f"{still_open:,} have no journal yet" if still_open else "each has its journal"
        return f"Compared: of {file.lines:,} lines, {file.new_lines:,} were new; {left}."
    step = file.step or "it waits for a worker"
    if file.step_total:
        step = f"{step}, {file.step_done:,} of {file.step_total:,}"
    return f"Under way: {step}."


def period(file: StatementFile) -> str:
    """Return from when to when, in Nairobi's time."""
    if file.period_from is None or file.period_to is None:
        return "-"
    return f"{_clock(file.period_from)} to {_clock(file.period_to)}"


def subject(suggestion: Suggestion) -> str:
    """Return what a line may be."""
    return f"{suggestion.get_subject_type_display()} {str(suggestion.subject_id)[-6:]}"


def why_suggested(suggestion: Suggestion) -> str:
    """Return what speaks for it."""
    line = suggestion.line
    return f"The number {line.phone}, the amount, and the time within ten minutes agree."


def _clock(instant: datetime) -> str:
    return instant.astimezone(NAIROBI).strftime("%d-%m-%Y %H:%M")
