"""SMS texts about transfers. Each fits one SMS of 160 characters with figures of usual length."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from nannychain.language import speaking
from nannychain.money import display


def sent(
    *,
    reference: str,
    name: str,
    amount_cents: int,
    fee_cents: int,
    balance_cents: int,
    at: datetime,
    language: str,
) -> str:
    """Return what the sender is told: to whom, fee with tax, what is left, and when."""
    with speaking(language):
        return _(
            "{reference} You sent {amount} to {name}. Fee {fee}. Balance {balance}. {when}"
        ).format(
            reference=reference,
            amount=display(amount_cents),
            name=name,
            fee=display(fee_cents),
            balance=display(balance_cents),
            when=_when(at),
        )


def received(
    *, reference: str, name: str, amount_cents: int, balance_cents: int, at: datetime, language: str
) -> str:
    """Return what the recipient is told: from whom, and what can be spent now."""
    with speaking(language):
        return _("{reference} You received {amount} from {name}. Balance {balance}. {when}").format(
            reference=reference,
            amount=display(amount_cents),
            name=name,
            balance=display(balance_cents),
            when=_when(at),
        )


def _when(at: datetime) -> str:
    return date_format(localtime(at), "d/m/y H:i")
