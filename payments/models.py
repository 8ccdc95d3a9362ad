"""Index of the payments' models."""

from payments.fees.models import Tariff
from payments.limits.models import (
    DayOutflow,
    DayUse,
    Excess,
    LevelLimits,
    OperationLimits,
    Payee,
)

__all__ = [
    "DayOutflow",
    "DayUse",
    "Excess",
    "LevelLimits",
    "OperationLimits",
    "Payee",
    "Tariff",
]
