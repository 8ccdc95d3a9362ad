"""Reading what M-Pesa says that it holds."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings

from payments.reconciliation.balances.models import BalanceReading

# It is asked every hour: what is older than this was missed more than once.
FRESH = timedelta(hours=3)


def numbers() -> list[str]:
    """Return our numbers with M-Pesa, each once."""
    ours = (settings.MPESA_SHORTCODE, settings.MPESA_B2C_SHORTCODE)
    return list(dict.fromkeys(each for each in ours if each))


def last(shortcodes: Iterable[str]) -> dict[str, BalanceReading]:
    """Return M-Pesa's last word on each of these numbers; none on which it never had one."""
    answered = BalanceReading.objects.filter(shortcode__in=shortcodes, answered_at__isnull=False)
    rows = answered.order_by("shortcode", "-answered_at").distinct("shortcode")
    return {row.shortcode: row for row in rows}


def is_fresh(reading: BalanceReading, *, at: datetime) -> bool:
    """Tell whether M-Pesa's word is recent enough to go by."""
    return reading.answered_at is not None and reading.answered_at > at - FRESH
