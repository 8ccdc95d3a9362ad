"""Celery's part of the API: forgetting keys that are long over."""

from celery import shared_task

from nannychain.api import idempotent


@shared_task(name="nannychain.api.forget_keys")
def forget_keys(**_: object) -> None:
    """Forget Idempotency-Keys whose time is over."""
    idempotent.forget_old()
