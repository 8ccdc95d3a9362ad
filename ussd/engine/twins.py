"""Doing the same thing twice within ten minutes: it is asked about, since it may be a mistake."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from nannychain.transactions import required
from ussd.engine.models import Twin

WITHIN = timedelta(minutes=10)

# Whoever does the same at this moment waits here for the other.
_HOLD = "INSERT INTO ussd_twin (what) VALUES (%s) ON CONFLICT (what) DO NOTHING"


def latest(what: str) -> datetime | None:
    """Return when the same was done within the last ten minutes, or None."""
    since = timezone.now() - WITHIN
    return (
        Twin.objects.filter(what=what, done_at__gt=since).values_list("done_at", flat=True).first()
    )


@required
def hold(what: str) -> datetime | None:
    """Hold it until the end of the transaction; return when it was last done, as `latest` does."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [what])
    twin = Twin.objects.select_for_update().get(what=what)
    is_recent = twin.done_at is not None and timezone.now() - twin.done_at < WITHIN
    return twin.done_at if is_recent else None


@required
def note(what: str) -> None:
    """Note that it was done now."""
    Twin.objects.filter(what=what).update(done_at=timezone.now())


def forget_old() -> int:
    """Delete what is too old to be asked about; return how much. Safe to run at any time."""
    count, _ = Twin.objects.filter(done_at__lt=timezone.now() - WITHIN).delete()
    return count
