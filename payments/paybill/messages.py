"""SMS texts about payments to the paybill."""

from django.utils.translation import gettext as _

from nannychain.language import speaking
from nannychain.money import display


def credited(
    *, amount_cents: int, payer: str, balance_cents: int, receipt: str, language: str
) -> str:
    """Return what the member is told: how much, from whom, what can be spent now."""
    with speaking(language):
        if payer:
            return _(
                "{receipt} You received {amount} by M-Pesa paybill from {payer}. Balance {balance}."
            ).format(
                receipt=receipt,
                amount=display(amount_cents),
                payer=payer,
                balance=display(balance_cents),
            )
        return _("{receipt} You received {amount} by M-Pesa paybill. Balance {balance}.").format(
            receipt=receipt, amount=display(amount_cents), balance=display(balance_cents)
        )
