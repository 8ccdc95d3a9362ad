"""Index of the payments' tasks, for Celery's discovery."""

from payments.deposits import tasks as deposits
from payments.limits import tasks as limits
from payments.paybill import tasks as paybill
from payments.reconciliation import tasks as reconciliation
from payments.reconciliation.statements import tasks as statements
from payments.withdrawals import tasks as withdrawals

__all__ = ["deposits", "limits", "paybill", "reconciliation", "statements", "withdrawals"]
