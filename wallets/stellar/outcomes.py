"""Recording how a submission ended, and what that means for everything it was to do.

Each function is one transaction: the submission's last state, its channel's freedom, and the state
of every request in it stand or fall together. No network is touched here.
"""

from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.utils import timezone

from nannychain import alerts
from nannychain.transactions import required
from wallets.stellar import consequences
from wallets.stellar.models import Channel, FundingRequest, Submission
from wallets.stellar.states import PENDING, SUBMISSION, Funding, State

if TYPE_CHECKING:
    from wallets.stellar.client.horizon import AccountState, Landed

log = structlog.get_logger(__name__)


def landed(submission: Submission, found: "Landed") -> bool:
    """Record that a ledger holds the submission; return False where it had ended before."""
    target = State.CONFIRMED if found.successful else State.FAILED
    with transaction.atomic():
        if not _still_pending(submission):
            return False
        SUBMISSION.move(
            submission,
            to=target,
            why=found.result.code,
            ledger=found.ledger,
            fee_charged_stroops=found.fee_charged,
            result_code=found.result.code,
            operation_codes=list(found.result.operation_codes),
            ended_at=timezone.now(),
        )
        is_bumped = bool(found.result.inner_hash)  # a bump is paid for by the funding account
        channel = _free(submission, fee=0 if is_bumped else found.fee_charged)
        channel.sequence = max(submission.sequence, channel.sequence or 0)
        channel.save(update_fields=["sequence"])
        if found.successful:
            consequences.done(submission, merged=dict(found.result.merged))
            # What the network refused, it takes again; and what we did wrong, we do right.
            for trouble in ("stellar:refused:", "stellar:fault:", "stellar:no_async"):
                alerts.resolve_all(trouble)
        else:
            consequences.undone(submission)
            _tell_of_channels(submission)
        log.info("stellar.landed", submission_id=str(submission.pk), state=str(target))
    return True


def expired(submission: Submission, *, why: str, proof: "AccountState | None" = None) -> bool:
    """Record that the submission can never land; return False where it had ended before.

    `proof` is the channel as the proof had it: what it says of the channel is kept.
    """
    with transaction.atomic():
        if not _still_pending(submission):
            return False
        SUBMISSION.move(submission, to=State.EXPIRED, why=why, ended_at=timezone.now())
        channel = _free(submission)
        if proof is not None:
            channel.sequence, channel.balance_stroops = proof.sequence, proof.balance_stroops
            channel.missing_at_ledger = None
            channel.save(update_fields=["sequence", "balance_stroops", "missing_at_ledger"])
        consequences.undone(submission)
        log.info("stellar.expired", submission_id=str(submission.pk), why=why)
    return True


def settle_declined() -> int:
    """Free what the signer declined; return how many submissions that were.

    One that can't be freed does not hold up the others: staff are told.
    """
    waiting = FundingRequest.objects.filter(state__in=(Funding.SUBMITTED, Funding.CLOSING))
    declined = Submission.objects.filter(state=State.DECLINED, requests__in=waiting).distinct()
    return sum(_is_settled(submission) for submission in declined)


@required
def _tell_of_channels(submission: Submission) -> None:
    """Tell staff where channels could not be made or topped up: nobody waits for these."""
    if submission.purpose == Submission.Purpose.KEEP_CHANNELS:
        alerts.raise_alert(
            key="stellar:channels",
            title="Our channels can't be made or topped up",
            details={
                "submission_id": str(submission.pk),
                "code": submission.result_code,
                "operations": submission.operation_codes,
            },
        )


def _is_settled(submission: Submission) -> bool:
    try:
        with transaction.atomic():
            Submission.objects.select_for_update().get(pk=submission.pk)
            _free(submission)
            consequences.undone(submission)
    except Exception:
        log.exception("stellar.not_settled", submission_id=str(submission.pk))
        alerts.raise_alert(
            key="stellar:not_settled",
            title="What the signer declined can't be freed",
            details={"submission_id": str(submission.pk)},
        )
        return False
    return True


@required
def _still_pending(submission: Submission) -> bool:
    """Lock the row and read it anew; tell whether it has not ended."""
    fresh = Submission.objects.select_for_update(no_key=True).get(pk=submission.pk)
    submission.__dict__.update(fresh.__dict__)
    return submission.state in PENDING


@required
def _free(submission: Submission, *, fee: int = 0) -> Channel:
    channel = Channel.objects.select_for_update(no_key=True).get(pk=submission.channel_id)
    channel.leased_until_ledger = None
    if submission.purpose == Submission.Purpose.KEEP_CHANNELS:
        channel.balance_stroops = None  # it has given more than a fee: the network is asked
    elif channel.balance_stroops is not None:
        channel.balance_stroops -= fee
    channel.save(update_fields=["leased_until_ledger", "balance_stroops"])
    return channel
