"""Proposals of manual journals. Whatever is proposed stays as it is; only a decision is added."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from nannychain.ids import new_id
from nannychain.states.machine import choices
from wallets.ledger.manual.states import MANUAL_JOURNAL, State
from wallets.ledger.models import Journal
from wallets.ledger.recipes import Leg

REASON_LENGTH_MAX = 200
NAME_LENGTH_MAX = 80
_PROPOSED = Q(state=State.PROPOSED.value)
_POSTED = Q(state=State.POSTED.value)
_UNDECIDED = Q(decided_by__isnull=True, decided_at__isnull=True, decision_reason="")
_DECIDED = Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decision_reason="")


class ManualJournal(models.Model):
    """A journal that staff want: `stored_legs`, effective at `effective_at`, or a reversal.

    A reversal takes effect when it is posted. People are opaque ids here, with the name that they
    had then.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(
        max_length=10, choices=choices(MANUAL_JOURNAL.states), default=MANUAL_JOURNAL.initial
    )
    stored_legs = models.JSONField(null=True)
    effective_at = models.DateTimeField("effective", null=True)
    reverses = models.ForeignKey(
        Journal,
        on_delete=models.PROTECT,
        null=True,
        related_name="proposed_reversals",
        db_constraint=False,
    )
    reason = models.CharField(max_length=REASON_LENGTH_MAX)
    proposed_by = models.UUIDField(editable=False)
    proposer = models.CharField("proposed by", max_length=NAME_LENGTH_MAX)
    proposed_at = models.DateTimeField("proposed", default=timezone.now)
    decided_by = models.UUIDField(null=True, editable=False)
    decider = models.CharField("decided by", max_length=NAME_LENGTH_MAX, blank=True)
    decided_at = models.DateTimeField("decided", null=True)
    decision_reason = models.CharField(max_length=REASON_LENGTH_MAX, blank=True)
    journal = models.OneToOneField(
        Journal, on_delete=models.PROTECT, null=True, related_name="manual", db_constraint=False
    )

    class Meta:
        default_permissions = ("view",)
        permissions = [
            ("propose_manual_journal", "Can propose a manual journal"),
            ("approve_manual_journal", "Can approve or reject a manual journal of somebody else"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=_PROPOSED
                | Q(state=State.WITHDRAWN.value, decided_by=F("proposed_by"))
                | (_POSTED | Q(state=State.REJECTED.value)) & ~Q(decided_by=F("proposed_by")),
                name="manual_journal_by_two_people",
            ),
            models.CheckConstraint(
                condition=_PROPOSED & _UNDECIDED | ~_PROPOSED & _DECIDED,
                name="manual_journal_decided_with_reason",
            ),
            models.CheckConstraint(
                condition=_POSTED & Q(journal__isnull=False) | ~_POSTED & Q(journal__isnull=True),
                name="manual_journal_posted_has_its_journal",
            ),
            models.CheckConstraint(
                condition=Q(
                    stored_legs__isnull=False, effective_at__isnull=False, reverses__isnull=True
                )
                | Q(stored_legs__isnull=True, effective_at__isnull=True, reverses__isnull=False),
                name="manual_journal_has_legs_or_reverses",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(proposer=""), name="manual_journal_says_who_and_why"
            ),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=_PROPOSED,
                name="one_open_proposal_to_reverse",
            ),
        ]

    def __str__(self) -> str:
        what = "journal" if self.reverses_id is None else f"reversal of {self.reverses_id}"
        return f"{what} proposed by {self.proposer}"

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Return the legs that were proposed; none for a reversal, which has those it mirrors."""
        return tuple(Leg(leg["account_id"], leg["amount"]) for leg in self.stored_legs or ())


class ManualPosting(models.Model):
    """That a journal is manual, noted where it is posted: when the transaction ends, PostgreSQL
    looks whether its proposal was approved.
    """

    journal = models.OneToOneField(
        Journal, on_delete=models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"manual journal {self.journal_id}"
