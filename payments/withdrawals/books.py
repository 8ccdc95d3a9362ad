"""The accounts that a withdrawal touches, and its journals."""

from django.utils import timezone

from nannychain.transactions import required
from payments import limits
from payments.withdrawals import postings
from payments.withdrawals.models import Withdrawal
from wallets.ledger import accounts, posting, reading
from wallets.ledger.chart import Kind
from wallets.wallet import selectors as wallets


def wallet(withdrawal: Withdrawal) -> int:
    """Return the account of the member's wallet."""
    return wallets.account_of(withdrawal.member_id)


def balance_cents(withdrawal: Withdrawal) -> int:
    """Return what the member can use of her wallet now."""
    return reading.standing(wallet(withdrawal)).available


@required
def reserve(withdrawal: Withdrawal) -> None:
    """Take the money, fee and tax included, out of the wallet; raise the ledger's NotEnough."""
    account_id = wallet(withdrawal)
    posting.post(
        postings.reserved(
            withdrawal_id=str(withdrawal.pk),
            wallet=account_id,
            clearing=_clearing(withdrawal),
            amount_cents=withdrawal.total_cents,
            effective_at=withdrawal.created_at,
        )
    )
    limits.release_excess(
        withdrawal.member_id,
        account_id=account_id,
        at=withdrawal.created_at,
        cause=f"withdrawal:{withdrawal.pk}",
    )


@required
def paid(withdrawal: Withdrawal) -> None:
    """Book that M-Pesa has paid; raise the ledger's KeyReused where the money was given back."""
    parts = {
        _payout_float(withdrawal): withdrawal.amount_cents,
        accounts.open_account(Kind.FEE_INCOME, label="withdrawals"): withdrawal.fee_cents,
        accounts.open_account(Kind.TAX_PAYABLE, label="excise"): withdrawal.tax_cents,
    }
    posting.post(
        postings.paid(
            withdrawal_id=str(withdrawal.pk),
            clearing=_clearing(withdrawal),
            parts=parts,
            effective_at=timezone.now(),
        )
    )


@required
def failed(withdrawal: Withdrawal) -> None:
    """Give everything back; raise the ledger's KeyReused where it was booked as paid."""
    posting.post(
        postings.failed(
            withdrawal_id=str(withdrawal.pk),
            clearing=_clearing(withdrawal),
            wallet=wallet(withdrawal),
            amount_cents=withdrawal.total_cents,
            effective_at=timezone.now(),
        )
    )
    limits.settle_excess(
        withdrawal.member_id,
        account_id=wallet(withdrawal),
        at=timezone.now(),
        cause=f"withdrawal:{withdrawal.pk}",
    )


@required
def contradicted(withdrawal: Withdrawal, *, receipt: str) -> None:
    """Book that M-Pesa has paid once more than it should: it is missing, until it is explained."""
    posting.post(
        postings.contradicted(
            withdrawal_id=str(withdrawal.pk),
            receipt=receipt,
            suspense=accounts.open_account(Kind.SUSPENSE_PAYOUTS, label=withdrawal.shortcode),
            payout_float=_payout_float(withdrawal),
            amount_cents=withdrawal.amount_cents,
            effective_at=timezone.now(),
        )
    )


def _clearing(withdrawal: Withdrawal) -> int:
    return accounts.open_account(Kind.PAYOUT_CLEARING, label=withdrawal.shortcode)


def _payout_float(withdrawal: Withdrawal) -> int:
    return accounts.open_account(Kind.PAYOUT_FLOAT, label=withdrawal.shortcode)
