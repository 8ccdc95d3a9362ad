"""Changing a dated table takes two: one asks for the change or its withdrawal, another approves.

A request carries the change in words that both can read, as `build` takes them. It is about the row
that is in force when it is asked for, so that one change of a thing waits at a time.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from nannychain.actors import Actor
from nannychain.approvals import Kind
from nannychain.approvals.models import ApprovalRequest
from nannychain.dated import services
from nannychain.dated.models import Dated

STARTS_ON = "starts_on"

Build = Callable[[Mapping[str, Any]], Dated]


def changing(
    *,
    code: str,
    words: str,
    permission: str,
    build: Build,
    payload: frozenset[str],
    value_length_max: int = 200,
) -> Kind:
    """Return the kind of request for a change. `build` makes the row of a payload, unsaved.

    It raises where the row would make no sense, when it is asked for and again when it is made.
    """

    def carry_out(request: ApprovalRequest) -> None:
        services.schedule(
            build(request.payload),
            starts_on=date.fromisoformat(str(request.payload[STARTS_ON])),
            reason=request.reason,
            by=_both(request),
        )

    return Kind(
        code=code,
        words=words,
        permission=permission,
        carry_out=carry_out,
        payload=payload | {STARTS_ON},
        value_length_max=value_length_max,
    )


def withdrawing(*, code: str, words: str, permission: str, model: type[Dated]) -> Kind:
    """Return the kind of request for taking back a change that has not begun."""

    def carry_out(request: ApprovalRequest) -> None:
        row = model._default_manager.filter(pk=request.subject_id).first()
        if row is None:
            raise services.HasBegun
        services.withdraw(row, reason=request.reason, by=_both(request))

    return Kind(code=code, words=words, permission=permission, carry_out=carry_out)


def _both(request: ApprovalRequest) -> Actor:
    """Return who decided, under the names of both."""
    assert request.decided_by is not None
    return Actor(request.decided_by, f"{request.asker}, {request.decider}")
