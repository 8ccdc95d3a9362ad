"""Index of the payments' models."""

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
from payments.transfers.models import Transfer

__all__ = [
    "CapUse",
    "DayOutflow",
    "DayUse",
    "Excess",
    "LevelLimits",
    "OperationLimits",
    "Payee",
    "Tariff",
    "Transfer",
]
