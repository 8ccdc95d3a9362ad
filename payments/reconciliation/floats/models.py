"""Moves of our own money that staff propose and book. Amounts in cents."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone

from nannychain.ids import new_id
from payments.reconciliation.floats.moves import MOVES
from wallets.ledger.models import Journal

NAME_LENGTH_MAX = 80


class FloatMove(models.Model):
    """One move, as it was proposed; `journal` once another person has approved it.

    `happened_at` is when the money moved, `reference` the bank's or M-Pesa's. It never changes, so
    that what was looked at is what is booked.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(
        "what", max_length=30, choices=[(line.code, line.words) for line in MOVES.values()]
    )
    amount_cents = models.BigIntegerField()
    bank = models.CharField(max_length=40, blank=True)
    reference = models.CharField(max_length=60)
    happened_at = models.DateTimeField("happened")
    proposed_at = models.DateTimeField("proposed", default=timezone.now)
    proposed_by = models.UUIDField(editable=False)
    proposer = models.CharField("proposed by", max_length=NAME_LENGTH_MAX)
    journal = models.OneToOneField(
        Journal, on_delete=models.PROTECT, null=True, related_name="float_move", db_constraint=False
    )
    booked_at = models.DateTimeField("booked", null=True)

    class Meta:
        verbose_name = "move of float"
        verbose_name_plural = "moves of float"
        default_permissions = ("view", "add")
        permissions = [("settle_floatmove", "Can decide about a move of float")]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="move_of_something"),
            models.CheckConstraint(condition=~Q(reference=""), name="move_has_a_reference"),
            models.CheckConstraint(
                condition=Q(journal__isnull=True, booked_at__isnull=True)
                | Q(journal__isnull=False, booked_at__isnull=False),
                name="move_booked_has_its_journal",
            ),
            models.UniqueConstraint(
                fields=["kind", "reference"],
                condition=Q(journal__isnull=False),
                name="move_booked_once",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="booked_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__journal_id__isnull=False),
            ),
            pgtrigger.ReadOnly(
                name="stays_as_proposed",
                fields=[
                    *("id", "kind", "amount_cents", "bank", "reference", "happened_at"),
                    *("proposed_at", "proposed_by", "proposer"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.reference}"
