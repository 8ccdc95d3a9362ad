"""The receipts that are taken."""

from django.db import models
from django.utils import timezone

OWNER_LENGTH_MAX = 80


class MpesaReceipt(models.Model):
    """One receipt, and the operation that it belongs to (`deposit:<id>`, `paybill:<id>`)."""

    code = models.CharField("M-Pesa receipt", max_length=40, primary_key=True)
    owner = models.CharField("belongs to", max_length=OWNER_LENGTH_MAX)
    claimed_at = models.DateTimeField("known since", default=timezone.now)

    class Meta:
        verbose_name = "M-Pesa receipt"

    def __str__(self) -> str:
        return self.code
