"""Where the flows' recipes meet the ledger: their kinds of journal go into the database."""

from django.apps import apps
from django.db.models.signals import post_migrate

from payments.deposits import postings as deposits
from payments.paybill import postings as paybill
from payments.reconciliation.breaks import postings as breaks
from payments.reconciliation.floats import moves as floats
from payments.reconciliation.statements import postings as statements
from payments.transfers import postings as transfers
from payments.withdrawals import postings as withdrawals
from wallets.ledger import syncing

# Importing them has registered what they may debit and credit.
POSTINGS = (breaks, deposits, floats, paybill, statements, transfers, withdrawals)


def connect() -> None:
    """Have the chart and the kinds of journal written after every migration."""
    post_migrate.connect(
        syncing.after_migrate,
        sender=apps.get_app_config("wallets"),
        dispatch_uid="wallets.ledger.chart",
    )
