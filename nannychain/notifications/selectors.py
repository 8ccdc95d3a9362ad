"""Reading SMS."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from nannychain.ids import first_since
from nannychain.notifications.models import Sms
from nannychain.notifications.states import SENDABLE_AGAIN

# What is older has been overtaken by events.
LOST_WITHIN = timedelta(days=3)


def latest_to(phone: str, *, rows_max: int) -> list[Sms]:
    """Return the newest SMS to a phone (E.164), the newest first."""
    return list(Sms.objects.filter(phone=phone).order_by("-id")[:rows_max])


def is_lost() -> Q:
    """Return the condition of what came to nothing lately, and nobody has sent again yet.

    Only what may be sent again: a code is asked for anew by whoever needs it.
    """
    lately = Q(pk__gte=first_since(timezone.now() - LOST_WITHIN))
    may_go_again = Q(state__in=sorted(SENDABLE_AGAIN), sent_again__isnull=True)
    return lately & may_go_again & ~Q(text="")
