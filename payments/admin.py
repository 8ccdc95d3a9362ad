"""Index of the payments' admin pages."""

from payments.deposits import admin as deposits
from payments.fees import admin as fees
from payments.limits import admin as limits
from payments.paybill import admin as paybill
from payments.reconciliation.balances import admin as balances
from payments.reconciliation.breaks import admin as breaks
from payments.reconciliation.floats import admin as floats
from payments.reconciliation.reports import admin as reports
from payments.reconciliation.statements import admin as statements
from payments.transfers import admin as transfers
from payments.withdrawals import admin as withdrawals

__all__ = [
    "balances",
    "breaks",
    "deposits",
    "fees",
    "floats",
    "limits",
    "paybill",
    "reports",
    "statements",
    "transfers",
    "withdrawals",
]
