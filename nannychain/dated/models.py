"""What such rows have in common, and the guard that keeps their past."""

import pgtrigger
from django.db import models
from django.utils import timezone

from nannychain.reasons import LENGTH_MAX as REASON_LENGTH_MAX

NAME_LENGTH_MAX = 80

_GUARD = """
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'what was in force stays on record' USING ERRCODE = '23514';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.effective_from <= now() AND EXISTS (
            SELECT FROM {meta.db_table} AS t WHERE t.%(key)s = NEW.%(key)s
        ) THEN
            RAISE EXCEPTION 'a change begins in the future' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.effective_from <= now() OR OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
       OR to_jsonb(NEW) - 'withdrawn_at' - 'withdrawer' IS DISTINCT FROM
          to_jsonb(OLD) - 'withdrawn_at' - 'withdrawer' THEN
        RAISE EXCEPTION 'what was in force stays as it was' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
"""


class Dated(models.Model):
    """In force from `effective_from` until the next row of the same thing, unless withdrawn.

    `maker` and `withdrawer` are names as they were then; whole accounts of it stand in the audit.
    """

    effective_from = models.DateTimeField("in force from")
    made_at = models.DateTimeField("made", default=timezone.now)
    maker = models.CharField("made by", max_length=NAME_LENGTH_MAX)
    reason = models.CharField(max_length=REASON_LENGTH_MAX)
    withdrawn_at = models.DateTimeField("withdrawn", null=True, editable=False)
    withdrawer = models.CharField("withdrawn by", max_length=NAME_LENGTH_MAX, blank=True)

    class Meta:
        abstract = True


def past_stays(key: str) -> pgtrigger.Trigger:
    """Return the guard of a table whose rows are told apart by the column `key`."""
    return pgtrigger.Trigger(
        name="past_stays",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=pgtrigger.Func(_GUARD % {"key": key}),  # type: ignore[no-untyped-call]
    )


def one_at_a_time(key: str, *, name: str) -> models.UniqueConstraint:
    """Return the constraint that two rows of one thing don't begin at the same instant."""
    return models.UniqueConstraint(
        fields=[key, "effective_from"],
        condition=models.Q(withdrawn_at__isnull=True),
        name=name,
    )
