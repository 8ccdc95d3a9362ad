"""Reading SMS."""

from nannychain.notifications.models import Sms


def latest_to(phone: str, *, rows_max: int) -> list[Sms]:
    """Return the newest SMS to a phone (E.164), the newest first."""
    return list(Sms.objects.filter(phone=phone).order_by("-id")[:rows_max])
