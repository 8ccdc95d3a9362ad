"""Index of the payments' models."""

from payments.deposits.models import Deposit
from payments.fees.models import Tariff
from payments.limits.models import (
    CapUse,
    DayOutflow,
    DayUse,
    Excess,
    LevelLimits,
    OperationLimits,
    Payee,
)
from payments.mpesa.receipts.models import MpesaReceipt
from payments.paybill.models import PaybillPayment
from payments.reconciliation.balances.models import BalanceReading
from payments.reconciliation.breaks.models import Break, BreakEvent
from payments.reconciliation.floats.models import FloatMove
from payments.reconciliation.reports.models import DailyReport, ReportDocument, SignOff
from payments.reconciliation.statements.models import (
    OpenItem,
    StatementFile,
    StatementLine,
    StatementMatch,
    Suggestion,
)
from payments.transfers.models import Transfer
from payments.withdrawals.models import Desk, ExtraPayout, PayoutAttempt, Withdrawal

__all__ = [
    "BalanceReading",
    "Break",
    "BreakEvent",
    "CapUse",
    "DailyReport",
    "DayOutflow",
    "DayUse",
    "Deposit",
    "Desk",
    "Excess",
    "ExtraPayout",
    "FloatMove",
    "LevelLimits",
    "MpesaReceipt",
    "OpenItem",
    "OperationLimits",
    "PaybillPayment",
    "Payee",
    "PayoutAttempt",
    "ReportDocument",
    "SignOff",
    "StatementFile",
    "StatementLine",
    "StatementMatch",
    "Suggestion",
    "Tariff",
    "Transfer",
    "Withdrawal",
]
