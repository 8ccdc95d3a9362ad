"""SMS texts about deposits."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from nannychain.language import speaking
from nannychain.money import display
from payments.deposits.models import Deposit


def paid(deposit: Deposit, *, balance_cents: int, language: str) -> str:
    """Return the receipt: amount, balance, M-Pesa's receipt where it is known, our reference."""
    with speaking(language):
        parts = [
            _("{amount} came into your wallet from M-Pesa.").format(
                amount=display(deposit.amount_cents)
            )
        ]
        parts.append(_("Balance {balance}.").format(balance=display(balance_cents)))
        if deposit.receipt:
            parts.append(_("M-Pesa {receipt}.").format(receipt=deposit.receipt))
        parts.append(_("Ref {reference}.").format(reference=deposit.reference))
        return " ".join(parts)


def not_paid(deposit: Deposit, *, words: str | Promise, language: str) -> str:
    """Return why no money came, in a few words of `words`."""
    with speaking(language):
        return _("Your deposit of {amount} did not go through: {words} Ref {reference}.").format(
            amount=display(deposit.amount_cents), words=str(words), reference=deposit.reference
        )


def not_confirmed(deposit: Deposit, *, language: str) -> str:
    """Return that nobody knows yet; the truth, whichever way it goes."""
    with speaking(language):
        return _(
            "M-Pesa has not confirmed your deposit of {amount}. If it took the money, we add it "
            "to your wallet as soon as M-Pesa says so. Ref {reference}."
        ).format(amount=display(deposit.amount_cents), reference=deposit.reference)
