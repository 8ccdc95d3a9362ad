"""Questions about balances, and the answers. Amounts in cents."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from nannychain.ids import new_id


class BalanceReading(models.Model):
    """One question about a shortcode's accounts; all but `asked_at` comes with the answer.

    `told` is each account's name with what it holds. `told_cents` are all but the charges, and
    `books_cents` what our books had there then; `charges_cents` is what we owe Safaricom by its
    word, `charges_books_cents` by ours. `going_cents` and `coming_cents` were under way.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    shortcode = models.CharField(max_length=20)
    asked_at = models.DateTimeField("asked", default=timezone.now)
    answered_at = models.DateTimeField("answered", null=True)
    told = models.JSONField(default=dict)
    told_cents = models.BigIntegerField("M-Pesa says", null=True)
    books_cents = models.BigIntegerField("our books say", null=True)
    going_cents = models.BigIntegerField("going out", null=True)
    coming_cents = models.BigIntegerField("coming in", null=True)
    charges_cents = models.BigIntegerField("charges by M-Pesa", null=True)
    charges_books_cents = models.BigIntegerField("charges by our books", null=True)
    outcome = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = "balance at M-Pesa"
        verbose_name_plural = "balances at M-Pesa"
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, told_cents__isnull=True)
                | Q(
                    answered_at__isnull=False,
                    told_cents__isnull=False,
                    books_cents__isnull=False,
                    going_cents__isnull=False,
                    coming_cents__isnull=False,
                ),
                name="balance_answered_whole",
            )
        ]
        indexes = [
            models.Index(
                fields=["shortcode", "-answered_at"],
                condition=Q(answered_at__isnull=False),
                name="balance_last_answer",
            ),
            models.Index(fields=["shortcode", "asked_at"], name="balance_asked"),
        ]

    def __str__(self) -> str:
        return f"balances of {self.shortcode}"

    @property
    def difference_cents(self) -> int:
        """Return what M-Pesa has more than our books; raise ValueError before it is answered."""
        if self.told_cents is None or self.books_cents is None:
            raise ValueError("nobody has answered yet")
        return self.told_cents - self.books_cents

    @property
    def unexplained_cents(self) -> int:
        """Return what of the difference is more than all that is under way can account for."""
        low, high = -(self.going_cents or 0), self.coming_cents or 0
        difference = self.difference_cents
        return difference - high if difference > high else min(0, difference - low)

    @property
    def timing_cents(self) -> int:
        """Return what of the difference may be under way."""
        return self.difference_cents - self.unexplained_cents
