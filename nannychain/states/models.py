"""The history of every state machine, in one append-only table."""

import pgtrigger
from django.db import models


class StateChange(models.Model):
    """One move of one thing: when, from where, to where, and why in a few words."""

    machine = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    source = models.CharField(max_length=30, blank=True)
    target = models.CharField(max_length=30)
    why = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["machine", "subject_id", "id"], name="statechange_subject")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.machine} {self.subject_id}: {self.source or 'new'} to {self.target}"
