"""The daily budget: how many parts may be sent in one Kenyan day.

Urgent kinds may use all of it, the others four fifths. One row counts each day; its lock is what
keeps two workers from taking the last part both.
"""

from datetime import date, datetime

from django.conf import settings
from django.db import connection
from django.db.models import F

from nannychain.clock import nairobi_date
from nannychain.notifications.models import SmsDay
from nannychain.transactions import required

_NO_LIMIT = 2**31 - 1
_TAKE = """
    INSERT INTO nannychain_smsday (day, parts) VALUES (%s, %s)
    ON CONFLICT (day) DO UPDATE SET parts = nannychain_smsday.parts + excluded.parts
    WHERE nannychain_smsday.parts + excluded.parts <= %s
    RETURNING parts
"""


@required
def take(parts: int, *, is_urgent: bool, instant: datetime) -> bool:
    """Count the parts into the day of `instant` and return True, or False where they don't fit."""
    limit = _limit(is_urgent=is_urgent)
    if parts > limit:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [nairobi_date(instant), parts, limit])
        return cursor.fetchone() is not None


@required
def give_back(parts: int, *, day: date) -> None:
    """Count the parts out of the day again: they were certainly not sent."""
    SmsDay.objects.filter(day=day, parts__gte=parts).update(parts=F("parts") - parts)


def _limit(*, is_urgent: bool) -> int:
    budget: int = settings.SMS_DAILY_BUDGET
    if budget == 0:
        return _NO_LIMIT
    return budget if is_urgent else budget * 4 // 5
