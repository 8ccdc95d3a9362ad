"""Caps of each operating mode, flows that were stopped, and restores of the database."""

import pgtrigger
from django.db import models
from django.utils import timezone

from nannychain.dated.models import NAME_LENGTH_MAX, Dated, one_at_a_time, past_stays
from nannychain.operating.flows import Flow
from nannychain.reasons import LENGTH_MAX as REASON_LENGTH_MAX


class ModeCaps(Dated):
    """What the operating mode may hold, in cents; none is no cap."""

    mode = models.CharField(max_length=20)
    members_max = models.PositiveIntegerField(null=True, blank=True)
    liability_max_cents = models.BigIntegerField(null=True, blank=True)
    outflow_day_max_cents = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = "caps of a mode"
        verbose_name_plural = "caps of the modes"
        constraints = [one_at_a_time("mode", name="mode_caps_once")]
        triggers = [past_stays("mode")]

    def __str__(self) -> str:
        return self.mode


class StoppedFlow(models.Model):
    """A flow that staff have stopped. It goes on once the row is gone; the audit remembers."""

    flow = models.CharField(
        max_length=20, primary_key=True, choices=[(flow.value, flow.value) for flow in Flow]
    )
    stopped_at = models.DateTimeField("stopped")
    stopped_by = models.UUIDField(editable=False)
    stopper = models.CharField("stopped by", max_length=NAME_LENGTH_MAX)
    reason = models.CharField(max_length=REASON_LENGTH_MAX)

    def __str__(self) -> str:
        return self.flow


class Restore(models.Model):
    """The database was taken back from a backup: what was done in between is not in it.

    Whatever was under way at the backup may have been brought to its end since.
    """

    at = models.DateTimeField("taken back", default=timezone.now)
    backup_made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"restore of {self.at:%Y-%m-%d %H:%M} UTC"
