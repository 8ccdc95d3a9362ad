"""After a reset of a test network: what we hold for open is gone, and is opened anew."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from nannychain import alerts, audit
from wallets.stellar import observing, outcomes, pausing
from wallets.stellar.models import BATCH_MAX, Channel, FundingRequest, Network, Submission
from wallets.stellar.states import FUNDING, PENDING, Funding

_AT_ONCE = 500
_WHY = "the network was reset"


def begin_anew() -> int:
    """End what is pending, forget channels and accounts, lift the pause; return how many wait.

    Safe to be stopped and run again. For test networks only.
    """
    name = settings.STELLAR_NETWORK
    for submission in Submission.objects.filter(network=name, state__in=PENDING):
        outcomes.expired(submission, why=_WHY)
    Channel.objects.filter(network=name).update(
        opened_at=None,
        sequence=None,
        missing_at_ledger=None,
        balance_stroops=None,
        leased_until_ledger=None,
    )
    count = 0
    while batch := _funded(name):
        with transaction.atomic():
            FUNDING.move_all(
                batch,
                to=Funding.WAITING,
                why=_WHY,
                reason="",
                submission=None,
                batch_max=BATCH_MAX,  # both may be of a closing that came to nothing
                due_at=timezone.now(),
            )
        count += len(batch)
    with transaction.atomic():
        Network.objects.filter(name=name).update(funding_seen_at=None)
        network = observing.present()
        pausing.resume(network)
        audit.record(
            "stellar.begun_anew", subject=network, after={"accounts": count}, channel="command"
        )
        alerts.resolve("stellar:reset")
    return count


def _funded(name: str) -> list[FundingRequest]:
    return list(FundingRequest.objects.filter(network=name, state=Funding.FUNDED)[:_AT_ONCE])
