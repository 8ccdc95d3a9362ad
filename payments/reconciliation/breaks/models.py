"""Breaks, and what was done about each. Amounts in cents."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone

from nannychain.ids import new_id
from nannychain.states.machine import choices
from payments.reconciliation.breaks.kinds import TABLE, BreakKind
from payments.reconciliation.breaks.states import BREAK, UNSETTLED, State
from wallets.ledger.models import Account

SUBJECT_LENGTH_MAX = 120
WORDS_LENGTH_MAX = 200
NAME_LENGTH_MAX = 80
_CLOSED = Q(state=State.CLOSED.value)


class Break(models.Model):
    """One difference. `subject` says of what, and is the same whenever it is found again.

    `amount_cents` is what the other side has more than our books (below zero: less); none where it
    isn't shillings. `account` is the account outside, in words; `ledger_account` ours that is
    compared with it. `source` is the check that finds it, and closes it when it is no longer there.
    `since` is when it came about in the world. People are opaque ids here, with the name that they
    had then.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(
        "class", max_length=40, choices=[(str(k), about.words) for k, about in TABLE.items()]
    )
    subject = models.CharField(max_length=SUBJECT_LENGTH_MAX, unique=True)
    source = models.CharField("found by", max_length=40)
    state = models.CharField(max_length=10, choices=choices(BREAK.states), default=BREAK.initial)
    amount_cents = models.BigIntegerField(null=True)
    account = models.CharField(max_length=80, blank=True)
    ledger_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    reference = models.CharField(max_length=60, blank=True)
    details = models.JSONField(default=dict)
    cause = models.CharField("likely cause", max_length=WORDS_LENGTH_MAX)
    remedy = models.CharField("what resolves it", max_length=WORDS_LENGTH_MAX)
    page = models.CharField(max_length=80)
    page_id = models.CharField(max_length=40, blank=True)
    since = models.DateTimeField()
    first_seen_at = models.DateTimeField("first seen", default=timezone.now)
    last_seen_at = models.DateTimeField("last seen", default=timezone.now)
    changed_at = models.DateTimeField("amount last changed", default=timezone.now)
    due_at = models.DateTimeField("rings")
    owner_id = models.UUIDField(null=True, editable=False)
    owner = models.CharField(max_length=NAME_LENGTH_MAX, blank=True)
    explanation = models.CharField(max_length=WORDS_LENGTH_MAX, blank=True)
    closed_at = models.DateTimeField("closed", null=True)
    closed_as = models.CharField("closed because", max_length=WORDS_LENGTH_MAX, blank=True)
    is_settled = models.BooleanField("settled by two people", default=False)

    class Meta:
        default_permissions = ("view", "change")
        permissions = [
            ("settle_break", "Can decide about writing off and settling a break"),
            ("download_break", "Can take breaks out as CSV"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=_CLOSED & Q(closed_at__isnull=False) & ~Q(closed_as="")
                | ~_CLOSED & Q(closed_at__isnull=True, closed_as="", is_settled=False),
                name="break_closed_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.EXPLAINED.value) | ~Q(explanation=""),
                name="break_explained_in_words",
            ),
            models.CheckConstraint(
                condition=Q(owner_id__isnull=True, owner="")
                | Q(owner_id__isnull=False) & ~Q(owner=""),
                name="break_owner_has_a_name",
            ),
            models.CheckConstraint(condition=Q(kind__in=list(BreakKind)), name="break_of_a_class"),
        ]
        indexes = [
            models.Index(
                fields=["source", "last_seen_at"],
                condition=Q(state__in=UNSETTLED),
                name="break_unsettled",
            ),
            models.Index(
                fields=["due_at"], condition=Q(state=State.OPEN.value), name="break_rings"
            ),
            models.Index(fields=["reference"], name="break_reference"),
            models.Index(fields=["closed_at"], name="break_closed"),
            models.Index(fields=["first_seen_at"], name="break_first_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reference or self.account or self.subject}"


class BreakEvent(models.Model):
    """One thing that happened to a break, or was done about it. Append-only."""

    class What(models.TextChoices):
        """What happened."""

        FOUND = "found", "found"
        CHANGED = "changed", "amount changed"
        REOPENED = "reopened", "found again"
        ASSIGNED = "assigned", "given to somebody"
        EXPLAINED = "explained", "explained"
        CLOSED = "closed", "closed"
        SETTLED = "settled", "settled by two people"
        WRITTEN_OFF = "written_off", "written off by two people"

    of = models.ForeignKey(Break, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    what = models.CharField(max_length=12, choices=What.choices)
    by_id = models.UUIDField(null=True, editable=False)
    by = models.CharField(max_length=NAME_LENGTH_MAX)
    words = models.CharField(max_length=WORDS_LENGTH_MAX, blank=True)
    amount_cents = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["of", "id"], name="break_event_in_order")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.what} by {self.by}"
