"""Time: stored in UTC, reckoned in Nairobi."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

NAIROBI = ZoneInfo("Africa/Nairobi")


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(tz=UTC)


def nairobi_date(instant: datetime) -> date:
    """Return the calendar day in Kenya on which `instant` falls: days and limits go by it."""
    return instant.astimezone(NAIROBI).date()


def start_of_nairobi_day(instant: datetime) -> datetime:
    """Return the instant, in UTC, at which the Kenyan day of `instant` began."""
    local = instant.astimezone(NAIROBI)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
