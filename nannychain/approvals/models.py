"""Requests for approval. What is asked stays as it was asked; only a decision is added."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from nannychain.approvals.states import APPROVAL, State
from nannychain.ids import new_id
from nannychain.reasons import LENGTH_MAX as REASON_LENGTH_MAX
from nannychain.states.machine import choices

NAME_LENGTH_MAX = 80
_ASKED = Q(state=State.ASKED.value)
_EXPIRED = Q(state=State.EXPIRED.value)
_NOBODY = Q(decided_by__isnull=True, decider="", decision_reason="")
_SOMEBODY = Q(decided_by__isnull=False) & ~Q(decider="") & ~Q(decision_reason="")


class ApprovalRequest(models.Model):
    """That `asker` wants an act of a `kind` done to a subject, and what became of it.

    The subject is named as the audit trail names it: label of the model and primary key. People are
    opaque ids here, with the name that they had then. `payload` says how the act is to be done.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    state = models.CharField(
        max_length=10, choices=choices(APPROVAL.states), default=APPROVAL.initial
    )
    reason = models.CharField(max_length=REASON_LENGTH_MAX)
    asked_by = models.UUIDField(editable=False)
    asker = models.CharField("asked by", max_length=NAME_LENGTH_MAX)
    asked_at = models.DateTimeField("asked", default=timezone.now)
    expires_at = models.DateTimeField("expires")
    decided_by = models.UUIDField(null=True, editable=False)
    decider = models.CharField("decided by", max_length=NAME_LENGTH_MAX, blank=True)
    decided_at = models.DateTimeField("decided", null=True)
    decision_reason = models.CharField(max_length=REASON_LENGTH_MAX, blank=True)

    class Meta:
        verbose_name = "request for approval"
        verbose_name_plural = "requests for approval"
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="approval_subject"),
            models.Index(fields=["expires_at"], condition=_ASKED, name="approval_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=_ASKED
                | _EXPIRED
                | Q(state=State.WITHDRAWN.value, decided_by=F("asked_by"))
                | Q(state__in=(State.APPROVED.value, State.REFUSED.value))
                & ~Q(decided_by=F("asked_by")),
                name="approval_by_two_people",
            ),
            models.CheckConstraint(
                condition=_ASKED & _NOBODY & Q(decided_at__isnull=True)
                | _EXPIRED & _NOBODY & Q(decided_at__isnull=False)
                | ~(_ASKED | _EXPIRED) & _SOMEBODY & Q(decided_at__isnull=False),
                name="approval_decided_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(asker=""), name="approval_says_who_and_why"
            ),
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id"],
                condition=_ASKED,
                name="approval_open_once",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="born_asked",
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__state__df=State.ASKED.value),
            ),
            pgtrigger.Protect(
                name="decided_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__df=State.ASKED.value),
            ),
            pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="stays_as_asked",
                fields=[
                    "id",
                    "kind",
                    "subject_type",
                    "subject_id",
                    "payload",
                    "reason",
                    "asked_by",
                    "asker",
                    "asked_at",
                    "expires_at",
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} asked by {self.asker}"
