"""What an organisation's accounts at M-Pesa hold, as an answer tells it. Amounts in cents."""

from dataclasses import dataclass
from typing import Any

from payments.mpesa import reading
from payments.mpesa.messages import Result


@dataclass(frozen=True, kw_only=True)
class AccountBalance:
    """One account. Paybill money lands in the working account; payouts leave the utility account.

    Safaricom's pages disagree about the order of what follows the first figure, so that only that
    one is certain.
    """

    name: str
    currency: str
    cents: int
    available_cents: int | None = None
    reserved_cents: int | None = None
    uncleared_cents: int | None = None


def of_result(result: Result) -> tuple[AccountBalance, ...]:
    """Return all balances that a balance query has brought."""
    return of_text(result.value("AccountBalance"))


def of_text(value: Any) -> tuple[AccountBalance, ...]:
    """Read `Working Account|KES|700000.00|700000.00|0.00|0.00&Utility Account|…`.

    What can't be read exactly is left out.
    """
    whole = value if isinstance(value, str) else ""
    read = (_account(part) for part in whole[:5000].split("&")[:50])
    return tuple(account for account in read if account is not None)


def utility_cents(balances: tuple[AccountBalance, ...]) -> int | None:
    """Return what payouts can be made from; None where it wasn't told."""
    return _named(balances, "utility")


def working_cents(balances: tuple[AccountBalance, ...]) -> int | None:
    """Return what has come in by push and paybill; None where it wasn't told."""
    return _named(balances, "working")


def _named(balances: tuple[AccountBalance, ...], word: str) -> int | None:
    found = [account.cents for account in balances if account.name.casefold().startswith(word)]
    return found[0] if len(found) == 1 else None


def _account(part: str) -> AccountBalance | None:
    fields = [field.strip() for field in part.split("|")]
    if len(fields) < 3 or not fields[0]:
        return None
    figures = [reading.cents(field) for field in fields[2:6]]
    current, *rest = figures
    if current is None:
        return None
    available, reserved, uncleared = [*rest, None, None, None][:3]
    return AccountBalance(
        name=fields[0][:60],
        currency=fields[1][:3].upper(),
        cents=current,
        available_cents=available,
        reserved_cents=reserved,
        uncleared_cents=uncleared,
    )
