"""Asking, deciding, taking back, and what happens when nobody decides.

Who may ask and decide is looked at at the door, by the permissions that the kind names. That the
one who decides is another person is looked at here, and again by PostgreSQL. Every act is in the
audit trail.
"""

import re
from collections.abc import Mapping
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from nannychain import audit, reasons
from nannychain.actors import Actor
from nannychain.approvals import kinds
from nannychain.approvals.models import NAME_LENGTH_MAX, ApprovalRequest
from nannychain.approvals.states import APPROVAL, State
from nannychain.audit.services import SYSTEM
from nannychain.errors import Conflict, Forbidden, Invalid, NotFound
from nannychain.logs.masking import mask_text

_BATCH_ROWS = 200
_UNIQUE_VIOLATION = "23505"
_SECRET = re.compile(r"(^|_)(pin|otp|code|password|secret|token|key|seed|pepper)s?($|_)")

Value = str | int | bool | None


class InvalidPayload(Invalid):
    """What the kind does not know, what is too long, or what is named like a secret."""

    code = "approvals.invalid_payload"
    message = "A request can't carry that."


class AlreadyAsked(Conflict):
    """Somebody has asked for the same, and it waits for a decision."""

    code = "approvals.already_asked"
    message = "Somebody has asked for this already. It waits for a decision."


class AlreadyDecided(Conflict):
    """It was approved, refused or withdrawn before, or its time was over."""

    code = "approvals.already_decided"
    message = "This request is closed already."


class OutOfTime(Conflict):
    """Nobody decided in time; who still wants it asks anew."""

    code = "approvals.out_of_time"
    message = "This request is too old. Ask anew."


class NoSuchRequest(NotFound):
    """There is no such request."""

    code = "approvals.no_such_request"
    message = "There is no such request."


class OwnRequest(Forbidden):
    """Who asked can't decide."""

    code = "approvals.own_request"
    message = "Somebody else has to decide about what you ask for. You can withdraw it."


class NotYours(Forbidden):
    """Somebody wants to withdraw what another has asked for."""

    code = "approvals.not_yours"
    message = "Only who asked can withdraw it. You can refuse it."


def ask(
    kind: str,
    *,
    subject_type: str,
    subject_id: str | UUID,
    payload: Mapping[str, Value] | None = None,
    by: Actor,
    reason: str,
) -> ApprovalRequest:
    """Ask for an act of this kind on the subject; nothing is done yet.

    `subject_type` is the label of its model, as in `workers.member`. Within a transaction, ask
    before you lock the subject: who decides locks the request first. Raises UnknownKind,
    InvalidPayload, InvalidReason, and AlreadyAsked where the same waits for a decision.
    """
    about = kinds.find(kind)
    now = timezone.now()
    request = ApprovalRequest(
        kind=about.code,
        subject_type=subject_type,
        subject_id=str(subject_id),
        payload=_payload(payload or {}, about=about),
        reason=reasons.clean(reason),
        asked_by=by.id,
        asker=by.name[:NAME_LENGTH_MAX],
        asked_at=now,
        expires_at=now + about.lasts,
    )
    with transaction.atomic():
        _insert(request)
        APPROVAL.record(request, source="", target=request.state, why=request.reason)
        _note(request, by=by, after=_told(request), reason=request.reason)
    return request


def decide(request_id: UUID, *, by: Actor, approve: bool, reason: str) -> ApprovalRequest:
    """Approve what another person asks for, which carries it out at once, or refuse it.

    All in one transaction: of two who decide at the same time, one does. Raises NoSuchRequest,
    UnknownKind, InvalidReason, OwnRequest, AlreadyDecided, OutOfTime, and whatever hinders the act
    itself; then the request stays open.
    """
    words = reasons.clean(reason)
    with transaction.atomic():
        request = _locked(request_id)
        if request.asked_by == by.id:
            raise OwnRequest
        if request.expires_at <= timezone.now():
            raise OutOfTime
        about = kinds.find(request.kind)
        _settle(request, to=State.APPROVED if approve else State.REFUSED, by=by, words=words)
        if approve:
            about.carry_out(request)
    return request


def withdraw(request_id: UUID, *, by: Actor, reason: str) -> ApprovalRequest:
    """Take back what one has asked for oneself.

    Raises NoSuchRequest, InvalidReason, NotYours and AlreadyDecided.
    """
    words = reasons.clean(reason)
    with transaction.atomic():
        request = _locked(request_id)
        if request.asked_by != by.id:
            raise NotYours
        _settle(request, to=State.WITHDRAWN, by=by, words=words)
    return request


def expire() -> int:
    """Close what nobody decided about in time; return how many. Safe to run twice at once."""
    now = timezone.now()
    with transaction.atomic():
        due = ApprovalRequest.objects.filter(state=State.ASKED, expires_at__lte=now)
        batch = list(due.order_by("expires_at").select_for_update(skip_locked=True)[:_BATCH_ROWS])
        APPROVAL.move_all(batch, to=State.EXPIRED, why="nobody decided in time", decided_at=now)
        for request in batch:
            _note(request, before={"state": State.ASKED}, after={"state": State.EXPIRED})
    return len(batch)


def _payload(given: Mapping[str, Value], *, about: kinds.Kind) -> dict[str, Value]:
    """Return the payload if all of it is known, short, flat, and not named like a secret."""
    for name, value in given.items():
        if name not in about.payload or _SECRET.search(name):
            raise InvalidPayload
        is_plain = isinstance(value, str | int | bool | None)
        if not is_plain or len(str(value)) > about.value_length_max:
            raise InvalidPayload
    return dict(given)


def _insert(request: ApprovalRequest) -> None:
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", None) == _UNIQUE_VIOLATION:
            raise AlreadyAsked from error
        raise


def _locked(request_id: UUID) -> ApprovalRequest:
    rows = ApprovalRequest.objects.select_for_update(no_key=True)
    request = rows.filter(pk=request_id).first()
    if request is None:
        raise NoSuchRequest
    if request.state != State.ASKED:
        raise AlreadyDecided
    return request


def _settle(request: ApprovalRequest, *, to: State, by: Actor, words: str) -> None:
    APPROVAL.move(
        request,
        to=to,
        why=words,
        decided_by=by.id,
        decider=by.name[:NAME_LENGTH_MAX],
        decided_at=timezone.now(),
        decision_reason=words,
    )
    change: dict[str, object] = {"kind": request.kind, "state": to}
    _note(request, by=by, before={"state": State.ASKED}, after=change, reason=words)


def _note(
    request: ApprovalRequest,
    *,
    by: Actor | None = None,
    before: dict[str, object] | None = None,
    after: dict[str, object],
    reason: str = "",
) -> None:
    audit.record(
        f"approval.{request.state.lower()}",
        subject=request,
        actor_id=by.id if by else None,
        actor=by.name if by else SYSTEM,
        before=before,
        after=after,
        reason=reason,
        channel="admin" if by else "",
    )


def _told(request: ApprovalRequest) -> dict[str, object]:
    """Return what was asked for, with numbers of phones masked: the trail is read by many."""
    about = (request.subject_type, request.subject_id)
    payload = {
        name: mask_text(value) if isinstance(value, str) else value
        for name, value in request.payload.items()
    }
    return {"kind": request.kind, "subject": " ".join(about), **payload}
