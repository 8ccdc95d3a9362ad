"""Transfers as they were made. They are never changed: what went wrong is sent back as another."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from nannychain.ids import new_id
from nannychain.notifications.models import Sms
from workers.identity.models import Member

KEY_LENGTH_MAX = 160


class Transfer(models.Model):
    """One transfer, in cents; `reference` is what people read out, `key` is the sender's own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=12, unique=True)
    sender = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    amount_cents = models.BigIntegerField()
    fee_cents = models.BigIntegerField()
    tax_cents = models.BigIntegerField()
    key = models.CharField(max_length=KEY_LENGTH_MAX)
    channel = models.CharField(max_length=20)
    journal_id = models.BigIntegerField()
    sender_sms = models.ForeignKey(Sms, on_delete=models.PROTECT, related_name="+")
    recipient_sms = models.ForeignKey(Sms, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("sent", default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "key"], name="transfer_once"),
            models.CheckConstraint(condition=~Q(sender=F("recipient")), name="transfer_to_another"),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0, fee_cents__gte=0, tax_cents__gte=0),
                name="transfer_of_something",
            ),
        ]
        indexes = [
            models.Index(fields=["sender", "recipient", "-created_at"], name="transfer_like_it")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def total_cents(self) -> int:
        """Return what has left the sender's wallet."""
        return self.amount_cents + self.fee_cents + self.tax_cents
