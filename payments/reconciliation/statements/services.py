"""Handing in statements, and working them off, step by step. One worker at a time."""

import hashlib
import importlib
from collections.abc import Callable
from pathlib import PurePath
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from nannychain import alerts, audit, locks, queues
from nannychain.actors import Actor
from nannychain.errors import Conflict
from nannychain.locks import Lock
from nannychain.transactions import required
from payments.deposits import echoes
from payments.deposits import selectors as deposits
from payments.reconciliation.statements import comparing, matching, settling, storing
from payments.reconciliation.statements.layout import CONTENT_BYTES_MAX, Head, Refused, Statement
from payments.reconciliation.statements.models import (
    NAME_LENGTH_MAX,
    TEXT_LENGTH_MAX,
    OpenItem,
    Rule,
    StatementFile,
    Suggestion,
)
from payments.reconciliation.statements.states import FILE, KEPT, UNFINISHED, State

log = structlog.get_logger(__name__)
_TELL_EVERY = 500
# Loaded where files are read: web processes only take them, and do without openpyxl.
_PARSING = "payments.reconciliation.statements.parsing"


class NothingToConfirm(Conflict):
    """The line was matched meanwhile, or what was suggested is not for one person to decide."""

    code = "statements.nothing_to_confirm"
    message = "This can't be confirmed any more, or takes two people."


def hand_in(
    content: bytes, *, name: str, by: Actor, channel: str = "admin"
) -> tuple[StatementFile, bool]:
    """Take a file, to be read by a worker; return its row, and whether there is anything to do.

    The same bytes are the same file: handed in again they change nothing, unless they were refused.
    Raises Refused for one that is too big to be kept until it is read.
    """
    if not content:
        raise Refused("The file is empty.")
    if len(content) > CONTENT_BYTES_MAX:
        raise Refused(f"The file has more than {CONTENT_BYTES_MAX // 2**20} MB.")
    digest = hashlib.sha256(content).hexdigest()
    plain = "".join(c for c in PurePath(name).name if c.isprintable())[-NAME_LENGTH_MAX:]
    with transaction.atomic():
        file, is_new = StatementFile.objects.get_or_create(
            sha256=digest,
            defaults={
                "name": plain or "statement",
                "size_bytes": len(content),
                "content": content,
                "by_id": by.id,
                "by": by.name[:NAME_LENGTH_MAX],
            },
        )
        if is_new:
            FILE.record(file, source="", target=State.RECEIVED)
        elif not _again(file, content):
            return file, False
        _audit("statement.handed_in", file, by=by, channel=channel)
        queues.enqueue_after_commit(
            "payments.reconciliation.statements.work_off", file_id=str(file.pk)
        )
    return file, True


@required
def _again(file: StatementFile, content: bytes) -> bool:
    """Take a file that was refused once more: what it did not follow from may be there now."""
    locked = StatementFile.objects.select_for_update(no_key=True).get(pk=file.pk)
    if locked.state != State.REFUSED:
        return False
    FILE.move(locked, to=State.RECEIVED, content=content, reason="", refused_line=None)
    file.refresh_from_db()
    return True


def work_off(file_id: UUID | str, *, tell: Callable[[str], None] | None = None) -> StatementFile:
    """Do all that is left to do for a file; return it as it stands then.

    Safe to repeat, and to run at once: somebody else's turn is left to him. `tell` hears of each
    step. Must not be called within a transaction.
    """
    with locks.alone(Lock.STATEMENTS, "") as is_alone:
        file = StatementFile.objects.defer("content").get(pk=file_id)
        if not is_alone:
            return file
        if file.state == State.RECEIVED:
            _read(file, tell=tell)
        if file.state == State.STORED:
            _reconcile(file, tell=tell)
    return file


def unfinished() -> list[str]:
    """Return the ids of files that wait, or whose worker died."""
    rows = StatementFile.objects.filter(state__in=UNFINISHED).order_by("received_at")
    return [str(key) for key in rows.values_list("pk", flat=True)]


def compare_all() -> int | None:
    """Match and compare all numbers again: much is settled after its statement has come.

    Returns how many open items are left; None where a statement is being worked off, so that
    nothing was compared. For the daily run and for beat.
    """
    with locks.alone(Lock.STATEMENTS, "") as is_alone:
        if not is_alone:
            return None
        files = StatementFile.objects.filter(state__in=KEPT)
        for shortcode in files.order_by().values_list("shortcode", flat=True).distinct():
            _match_and_settle(shortcode, _Steps(None, None))
            comparing.compare(shortcode)
    return OpenItem.objects.count()


def confirm(suggestion_id: int, *, by: Actor) -> bool:
    """Take a person's word that a line is the deposit that was suggested; tell whether it is.

    For deposits whose money is booked already: their receipt was all that was missing. Whatever
    would move money takes two people, on the pages of the rails.
    """
    with transaction.atomic():
        found = Suggestion.objects.select_related("line").filter(
            pk=suggestion_id, subject_type=Suggestion.Subject.DEPOSIT, line__open_item__isnull=False
        )
        suggestion = found.first()
        if suggestion is None or not deposits.is_paid_without_receipt(suggestion.subject_id):
            raise NothingToConfirm
        line = suggestion.line
        came_to = echoes.record_receipt(
            suggestion.subject_id, receipt=line.receipt, amount_cents=line.amount_cents
        )
        if came_to != "receipt attached":
            raise NothingToConfirm
        is_matched = matching.by_receipt(
            line.shortcode, rule=Rule.PERSON, lines=[line.pk], by_id=by.id, by=by.name
        )
        _audit("statement.confirmed", line.file, by=by, channel="admin")
    comparing.compare(line.shortcode)
    return is_matched == 1


# Reading.


def _read(file: StatementFile, *, tell: Callable[[str], None] | None) -> None:
    steps = _Steps(file, tell)
    steps.begin("reading")
    content = StatementFile.objects.values_list("content", flat=True).get(pk=file.pk)
    try:
        statement: Statement = importlib.import_module(_PARSING).read(bytes(content or b""))
        _ensure_ours(statement.head)
        with transaction.atomic():
            _take_head(file, statement.head, lines=len(statement.lines))
            file.new_lines = storing.keep(file, statement, tell=steps.tell)
            FILE.move(
                file,
                to=State.STORED,
                content=None,
                new_lines=file.new_lines,
                notes=file.notes,
                kinds=file.kinds,
                lines=file.lines,
                **_head_of(file),
            )
            _tell_of_gaps(file)
    except Refused as refused:
        _refuse(file, refused)
    log.info("statement.read", file=str(file.pk), state=file.state, lines=file.lines)


def _ensure_ours(head: Head) -> None:
    ours = {settings.MPESA_SHORTCODE, settings.MPESA_B2C_SHORTCODE} - {""}
    if head.shortcode not in ours:
        raise Refused(f"Its Short Code, {head.shortcode}, is none of ours.")


def _take_head(file: StatementFile, head: Head, *, lines: int) -> None:
    file.shortcode, file.account = head.shortcode, head.account
    file.period_from, file.period_to = head.period_from, head.period_to
    file.reported_at = head.reported_at
    file.opening_cents, file.closing_cents = head.opening_cents, head.closing_cents
    file.lines, file.notes = lines, []


def _head_of(file: StatementFile) -> dict[str, Any]:
    names = (
        *("shortcode", "account", "period_from", "period_to", "reported_at"),
        *("opening_cents", "closing_cents"),
    )
    return {name: getattr(file, name) for name in names}


def _refuse(file: StatementFile, refused: Refused) -> None:
    """Keep the fact, and nothing of what the file says."""
    stored = StatementFile.objects.defer("content").get(pk=file.pk)
    with transaction.atomic():
        FILE.move(
            stored,
            to=State.REFUSED,
            why=refused.reason[:TEXT_LENGTH_MAX],
            content=None,
            reason=refused.reason[:TEXT_LENGTH_MAX],
            refused_line=refused.line,
            step="",
            finished_at=timezone.now(),
        )
    file.refresh_from_db()


def _tell_of_gaps(file: StatementFile) -> None:
    """Ring for a gap beside this file; one that was told of before is over when it is filled."""
    for other in storing.filled(file):
        alerts.resolve(f"statement:gap:{other.pk}")
    if gaps := storing.gaps(file):
        alerts.raise_alert(
            key=f"statement:gap:{file.pk}",
            title="A statement is missing between two others",
            details={"number": file.shortcode, "account": file.account, "what": gaps},
        )


# What follows from it.


def _reconcile(file: StatementFile, *, tell: Callable[[str], None] | None) -> None:
    steps = _Steps(file, tell)
    steps.begin("charges")
    settling.charges(file)
    comparing.charges(file)
    _match_and_settle(file.shortcode, steps)
    steps.begin("comparing")
    comparing.compare(file.shortcode)
    with transaction.atomic():
        FILE.move(file, to=State.COMPARED, step="", finished_at=timezone.now())
    log.info("statement.compared", file=str(file.pk))


def _match_and_settle(shortcode: str, steps: "_Steps") -> None:
    steps.begin("matching")
    with transaction.atomic():
        storing.name_unknown(shortcode)
        matching.by_receipt(shortcode)
    settling.internals(shortcode)
    settling.moves(shortcode)
    comparing.name_missed(shortcode)
    steps.begin("payments that were missed")
    settling.pay_ins(shortcode, tell=steps.tell)
    steps.begin("payouts of unknown result")
    settling.payouts(shortcode, tell=steps.tell)
    settling.reversals(shortcode)
    steps.begin("suggestions")
    matching.suggest(shortcode)


class _Steps:
    """How far a file is, for whoever looks at its page, and for the command."""

    def __init__(self, file: StatementFile | None, tell: Callable[[str], None] | None) -> None:
        self._file = file
        self._tell = tell
        self._step = ""
        self._told = 0

    def begin(self, step: str) -> None:
        """Note that a step begins."""
        self._step, self._told = step, 0
        self._write(0, 0)

    def tell(self, done: int, total: int) -> None:
        """Note how far it is; now and then it is written."""
        if done - self._told >= _TELL_EVERY or done == total:
            self._told = done
            self._write(done, total)

    def _write(self, done: int, total: int) -> None:
        if self._file is not None:
            StatementFile.objects.filter(pk=self._file.pk).update(
                step=self._step, step_done=done, step_total=total
            )
        if self._tell is not None:
            self._tell(f"{self._step}: {done:,} of {total:,}" if total else self._step)


@required
def _audit(action: str, file: StatementFile, *, by: Actor, channel: str) -> None:
    audit.record(
        action,
        subject=file,
        actor_id=by.id,
        actor=by.name,
        after={"name": file.name, "sha256": file.sha256},
        channel=channel,
    )
