"""Whose a receipt is that a payment to the paybill had first. The paybill says; see `echoes`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Verdict(StrEnum):
    """What is to be done with a receipt that M-Pesa tells of a deposit."""

    OURS = "ours"  # the deposit has it now: if it was booked in suspense, that was taken back
    HERS = "hers"  # its money lies in her wallet: there is nothing to book
    OTHERS = "others"  # its money is with somebody else: nothing may be booked


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A deposit that M-Pesa names the receipt of."""

    receipt: str
    deposit_id: UUID
    member_id: UUID
    amount_cents: int
    reference: str


Judge = Callable[[Claim], Verdict | None]


@dataclass
class _Joined:
    judge: Judge | None = None


_joined = _Joined()


def join(judge: Judge) -> None:
    """Take who knows the payments to the paybill; done once, at start."""
    _joined.judge = judge


def contest(claim: Claim) -> Verdict | None:
    """Return what is to be done with a receipt that somebody else has claimed before.

    None where no payment to the paybill has it.
    """
    return None if _joined.judge is None else _joined.judge(claim)
