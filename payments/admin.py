"""Index of the payments' admin pages."""

from payments.deposits import admin as deposits
from payments.withdrawals import admin as withdrawals

__all__ = ["deposits", "withdrawals"]
