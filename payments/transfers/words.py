"""Transfers in words that a support person can read out on the phone."""

from collections.abc import Iterator

from django.utils.formats import date_format
from django.utils.timezone import localtime

from nannychain.money import display
from nannychain.notifications.models import Sms
from payments.transfers.models import Transfer


def now(transfer: Transfer) -> str:
    """Return in one sentence how it stands: it is done, or it would not be there."""
    return (
        f"{display(transfer.amount_cents)} went from {transfer.sender} to {transfer.recipient} "
        f"at once; the fee was {display(transfer.fee_cents + transfer.tax_cents)}."
    )


def timeline(transfer: Transfer) -> Iterator[tuple[str, str]]:
    """Yield each step with its time in Nairobi."""
    at = _when(transfer.created_at)
    yield at, f"{transfer.sender} confirmed it by {transfer.channel}"
    yield at, f"both wallets were booked, in journal {transfer.journal_id}"
    for whom, sms in (("sender", transfer.sender_sms), ("recipient", transfer.recipient_sms)):
        yield _when(sms.final_at or sms.sent_at or sms.created_at), f"SMS to the {whom}: {_of(sms)}"


def _of(sms: Sms) -> str:
    return sms.get_state_display()


def _when(instant: object) -> str:
    return date_format(localtime(instant), "j M Y H:i:s")  # type: ignore[arg-type]
