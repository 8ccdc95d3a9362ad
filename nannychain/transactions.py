"""The words for transactions: one is needed here, or something happens after it.

`django.db.transaction.atomic` opens a transaction; these say what a function relies on.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

P = ParamSpec("P")
R = TypeVar("R")


class TransactionRequired(RuntimeError):
    """A function that must be part of its caller's transaction was called outside one."""


class TransactionForbidden(RuntimeError):
    """Something slow or outside was about to happen while a transaction is open."""


def required(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function that must run within its caller's transaction."""

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not transaction.get_connection().in_atomic_block:
            raise TransactionRequired(function.__qualname__)
        return function(*args, **kwargs)

    return checked


def forbid(what: str) -> None:
    """Raise TransactionForbidden when a transaction is open: nothing outside is called in one.

    Django's test cases wrap each test in transactions of their own, marked as such, which don't
    count.
    """
    connection = transaction.get_connection()
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise TransactionForbidden(what)


def after_commit(function: Callable[[], object]) -> None:
    """Call `function` once the transaction has committed (at once where none is open).

    A failure of it is logged, not raised: what was committed stands.
    """
    transaction.on_commit(function, robust=True)
