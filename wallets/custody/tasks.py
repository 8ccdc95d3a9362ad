"""Celery's part in signing: one call each, on a queue that the signer alone works off."""

from celery import shared_task

from wallets.custody import signer


@shared_task(name="wallets.custody.sign")
def sign(*, submission_id: str, **_: object) -> None:
    """Sign one planned submission."""
    signer.sign(submission_id)


@shared_task(name="wallets.custody.sign_bump")
def sign_bump(*, submission_id: str, base_fee_stroops: int, **_: object) -> None:
    """Sign a fee bump around one pending submission."""
    signer.sign_bump(submission_id, base_fee_stroops=base_fee_stroops)
