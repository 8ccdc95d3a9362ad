"""Statement files, their lines, and which journal each line is. Amounts in cents.

Lines and matches are append-only, but for the kind of a line whose reason type was unknown. Of a
person a line keeps what tells payments apart: the number as M-Pesa masks it, and what the payer
typed as account number. Names are kept with an open item, since they help to find whose a payment
was, and go when its line is matched.
"""

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from nannychain.ids import new_id
from nannychain.states.machine import choices
from payments.reconciliation.statements.kinds import WORDS, Kind
from payments.reconciliation.statements.states import FILE, KEPT, UNFINISHED, State
from wallets.ledger.models import Journal

NAME_LENGTH_MAX = 80
TEXT_LENGTH_MAX = 200
_APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class StatementFile(models.Model):
    """One file. `content` is there until it was read; of a refused one the fact alone stays.

    `lines` are those in the file, `new_lines` those that no file before had. `notes` say what is to
    be known of it: a gap, an overlap. `reported_at` is when the portal made it, where it says so.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    name = models.CharField("file", max_length=NAME_LENGTH_MAX)
    size_bytes = models.PositiveIntegerField("bytes")
    content = models.BinaryField(null=True)
    state = models.CharField(max_length=10, choices=choices(FILE.states), default=FILE.initial)
    reason = models.CharField("refused because", max_length=TEXT_LENGTH_MAX, blank=True)
    refused_line = models.PositiveIntegerField("row at fault", null=True)
    by_id = models.UUIDField(null=True, editable=False)
    by = models.CharField("handed in by", max_length=NAME_LENGTH_MAX)
    received_at = models.DateTimeField("handed in", default=timezone.now)
    shortcode = models.CharField(max_length=10, blank=True)
    account = models.CharField(max_length=60, blank=True)
    period_from = models.DateTimeField("from", null=True)
    period_to = models.DateTimeField("to", null=True)
    reported_at = models.DateTimeField("exported", null=True)
    opening_cents = models.BigIntegerField(null=True)
    closing_cents = models.BigIntegerField(null=True)
    lines = models.PositiveIntegerField(default=0)
    new_lines = models.PositiveIntegerField(default=0)
    kinds = models.JSONField("lines by kind", default=dict)
    notes = models.JSONField(default=list)
    step = models.CharField("under way", max_length=60, blank=True)
    step_done = models.PositiveIntegerField(default=0)
    step_total = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField("finished", null=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [("import_statement", "Can hand in statements of M-Pesa's")]
        verbose_name = "M-Pesa statement"
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=[str(s) for s in KEPT])
                | Q(
                    period_from__isnull=False,
                    period_to__isnull=False,
                    opening_cents__isnull=False,
                    closing_cents__isnull=False,
                ),
                name="statement_kept_is_read",
            ),
            models.CheckConstraint(
                condition=Q(state=State.RECEIVED.value, content__isnull=False)
                | ~Q(state=State.RECEIVED.value) & Q(content__isnull=True),
                name="statement_bytes_until_read",
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=Q(state__in=[str(s) for s in UNFINISHED]),
                name="statement_unfinished",
            ),
            models.Index(fields=["shortcode", "account", "period_from"], name="statement_periods"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Return of which time a file that is kept tells: not of what came after its export.

        One that does not say when it was exported was there, at the latest, when it was handed in.
        """
        assert self.period_from is not None
        assert self.period_to is not None
        made_at = self.reported_at or self.received_at
        return self.period_from, max(self.period_from, min(self.period_to, made_at))


# Which of an account's files tells of the latest time. Of two that end alike, the one that was made
# later has more to say.
LATEST_FIRST = (
    Least("period_to", Coalesce("reported_at", "received_at")).desc(),
    F("reported_at").desc(nulls_last=True),
    F("received_at").desc(),
)


class StatementLine(models.Model):
    """One line, as it was in the first file that had it. Append-only, but that an unknown kind is
    named once, with the reference that goes with it.

    `amount_cents` adds to the account at M-Pesa (below zero: takes). `occurrence` counts lines of
    one file that share receipt, reason type, direction and linked receipt: a second is a double.
    `reference` is our own id in its texts: that of a prompt or of a payout's attempt.
    """

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField("row")
    shortcode = models.CharField(max_length=10)
    account = models.CharField(max_length=60)
    kind = models.CharField(max_length=20, choices=[(str(k), WORDS[k]) for k in Kind])
    receipt = models.CharField(max_length=20)
    completed_at = models.DateTimeField("completed")
    initiated_at = models.DateTimeField("initiated")
    amount_cents = models.BigIntegerField()
    balance_cents = models.BigIntegerField("balance after it")
    reason_type = models.CharField(max_length=80)
    linked = models.CharField("linked receipt", max_length=20, blank=True)
    occurrence = models.PositiveSmallIntegerField(default=1)
    direction = models.SmallIntegerField()
    reference = models.CharField("our reference", max_length=60, blank=True)
    account_number = models.CharField("A/C No.", max_length=NAME_LENGTH_MAX, blank=True)
    phone = models.CharField("other party", max_length=30, blank=True)
    details = models.CharField(max_length=TEXT_LENGTH_MAX, blank=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("shortcode", "account", "receipt", "reason_type", "direction", "linked"),
                    "occurrence",
                ],
                # What was not completed has moved nothing: it holds no place against what did.
                condition=~Q(kind=str(Kind.NOT_COMPLETED)),
                name="statement_line_once",
            ),
            models.CheckConstraint(
                condition=Q(direction=1, amount_cents__gt=0) | Q(direction=-1, amount_cents__lt=0),
                name="statement_line_direction",
            ),
        ]
        indexes = [
            models.Index(fields=["receipt"], name="statement_line_receipt"),
            models.Index(
                fields=["shortcode", "account", "completed_at"], name="statement_line_time"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="named_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__kind__df=str(Kind.UNKNOWN))
                | pgtrigger.Q(new__kind=str(Kind.UNKNOWN)),
            ),
            pgtrigger.ReadOnly(name="stays_as_listed", exclude=["kind", "reference"]),
        ]

    def __str__(self) -> str:
        return f"{self.receipt} {self.reason_type}"


def subject_of(line_id: int) -> str:
    """Return the subject of the break about a line."""
    return f"statement:line:{line_id}"


class OpenItem(models.Model):
    """A line that no journal is known for yet, and who the other party was, by name.

    It goes when the line is matched. There is no netting: each line has its own.
    """

    line = models.OneToOneField(
        StatementLine, on_delete=models.PROTECT, primary_key=True, related_name="open_item"
    )
    name = models.CharField(max_length=NAME_LENGTH_MAX, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"open item {self.line_id}"


class Rule(models.TextChoices):
    """By which rule a line and a journal were matched."""

    RECEIPT = "receipt", "same receipt, amount and direction"
    REFERENCE = "reference", "our reference, same amount"
    BOOKED = "booked", "booked from the statement"
    MANY = "many", "one journal for many lines"
    PERSON = "person", "a person confirmed what was suggested"


class StatementMatch(models.Model):
    """A line, the journal that it is, by which rule, by whom and when. Append-only."""

    line = models.ForeignKey(StatementLine, on_delete=models.PROTECT, related_name="matches")
    journal = models.ForeignKey(
        Journal, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    rule = models.CharField(max_length=10, choices=Rule.choices)
    by_id = models.UUIDField(null=True, editable=False)
    by = models.CharField(max_length=NAME_LENGTH_MAX)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ("view",)
        verbose_name_plural = "statement matches"
        constraints = [
            models.UniqueConstraint(fields=["line", "journal"], name="statement_match_once")
        ]
        triggers = [_APPEND_ONLY]

    def __str__(self) -> str:
        return f"line {self.line_id} is journal {self.journal_id}"


class Suggestion(models.Model):
    """What an open item may be, by number, amount and time within ten minutes. People decide."""

    class Subject(models.TextChoices):
        """What is suggested."""

        DEPOSIT = "deposit", "deposit"
        WITHDRAWAL = "withdrawal", "withdrawal"

    line = models.ForeignKey(StatementLine, on_delete=models.PROTECT, related_name="suggestions")
    subject_type = models.CharField(max_length=12, choices=Subject.choices)
    subject_id = models.UUIDField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["line", "subject_type", "subject_id"], name="statement_suggested_once"
            )
        ]

    def __str__(self) -> str:
        return f"line {self.line_id} may be {self.subject_type} {str(self.subject_id)[-6:]}"
