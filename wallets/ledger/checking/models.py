"""What the checks of the books have found, night by night."""

import pgtrigger
from django.db import models
from django.utils import timezone


class BooksCheck(models.Model):
    """One run of all checks over all rows. Append-only.

    `faults` are sentences about what is wrong, `late` about what is overdue; none means none.
    """

    started_at = models.DateTimeField("started", default=timezone.now)
    milliseconds = models.BigIntegerField("took ms")
    journals = models.BigIntegerField()
    postings = models.BigIntegerField()
    faults = models.JSONField(default=list)
    late = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = "checks of the books"
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"check of {self.started_at:%Y-%m-%d %H:%M}"
