"""SMS texts about withdrawals."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from nannychain.language import speaking
from nannychain.money import display
from payments.withdrawals.models import Withdrawal


def paid(withdrawal: Withdrawal, *, balance_cents: int, language: str) -> str:
    """Return the receipt: amount, fee, balance, M-Pesa's receipt."""
    with speaking(language):
        return _(
            "{amount} was sent to your M-Pesa. Fee {fee}. Balance {balance}. M-Pesa {receipt}."
        ).format(
            amount=display(withdrawal.amount_cents),
            fee=display(withdrawal.charges_cents),
            balance=display(balance_cents),
            receipt=withdrawal.receipt or "-",
        )


def given_back(
    withdrawal: Withdrawal, *, words: str | Promise, balance_cents: int, language: str
) -> str:
    """Return that nothing was paid out, why, and that all of it is back."""
    with speaking(language):
        return _(
            "{amount} could not be sent to your M-Pesa: {words} {total} is back in your wallet. "
            "Balance {balance}."
        ).format(
            amount=display(withdrawal.amount_cents),
            words=str(words),
            total=display(withdrawal.total_cents),
            balance=display(balance_cents),
        )


def delayed(withdrawal: Withdrawal, *, language: str) -> str:
    """Return that it takes longer, and that the money is safe."""
    with speaking(language):
        return _(
            "Your withdrawal of {amount} takes longer than usual. Your money is safe. We will "
            "tell you as soon as M-Pesa has paid."
        ).format(amount=display(withdrawal.amount_cents))
