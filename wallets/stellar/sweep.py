"""The guarantee behind every ring: what waits is planned, what is pending is tended."""

from django.conf import settings
from django.utils import timezone

from nannychain.queues import enqueue
from wallets.stellar import outcomes, planning
from wallets.stellar.models import Submission
from wallets.stellar.states import PENDING

_AT_ONCE = 200


def sweep() -> None:
    """Ring for what is due, free what was declined, and plan anew."""
    for submission_id in due():
        enqueue("wallets.stellar.send", submission_id=submission_id)
    outcomes.settle_declined()
    planning.plan()


def due() -> list[str]:
    """Return the ids of this network's pending submissions that are due, the longest first."""
    rows = Submission.objects.filter(
        network=settings.STELLAR_NETWORK, state__in=PENDING, due_at__lte=timezone.now()
    )
    return [str(key) for key in rows.order_by("due_at").values_list("pk", flat=True)[:_AT_ONCE]]
