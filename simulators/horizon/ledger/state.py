"""The state of the ledger, and drafts of it: changes that are kept or forgotten as a whole."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from simulators.horizon.ledger.types import (
    BASE_RESERVE,
    STROOPS_PER_XLM,
    Account,
    ClaimableBalance,
)


def stroops(amount: str) -> int:
    """Return whole stroops of a decimal amount, which the SDK has checked."""
    return int(Decimal(amount) * STROOPS_PER_XLM)


def text(amount: int) -> str:
    """Return an amount of stroops with seven decimals, as Horizon writes it."""
    return f"{amount // STROOPS_PER_XLM}.{amount % STROOPS_PER_XLM:07d}"


def subentries(account: Account) -> int:
    """Return how many entries an account owns beside itself."""
    return len(account.trustlines) + len(account.signers) + len(account.data)


def min_balance(account: Account) -> int:
    """Return the reserve that the account must hold (core's getMinBalance)."""
    entries = 2 + subentries(account) + account.num_sponsoring - account.num_sponsored
    return entries * BASE_RESERVE


class State:
    """All accounts and claimable balances."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.balances: dict[str, ClaimableBalance] = {}
        # What accounts were before the ledger that is being closed; None for those that weren't.
        self.before: dict[str, Account | None] = {}

    def peek(self, address: str) -> Account | None:
        """Return an account to read."""
        return self.accounts.get(address)

    def peek_balance(self, id: str) -> ClaimableBalance | None:
        """Return a claimable balance to read."""
        return self.balances.get(id)


class Draft(State):
    """Changes upon a state: what is taken from it is copied, what is removed is noted as None."""

    def __init__(self, base: State) -> None:
        super().__init__()
        self._base = base
        self.gone: set[str] = set()
        self.claimed: set[str] = set()

    def peek(self, address: str) -> Account | None:
        """Return an account to read."""
        if address in self.gone:
            return None
        return self.accounts.get(address) or self._base.peek(address)

    def peek_balance(self, id: str) -> ClaimableBalance | None:
        """Return a claimable balance to read."""
        if id in self.claimed:
            return None
        return self.balances.get(id) or self._base.peek_balance(id)

    def account(self, address: str) -> Account | None:
        """Return an account to change."""
        if address not in self.accounts and address not in self.gone:
            found = self._base.peek(address)
            if found is None:
                return None
            self.accounts[address] = _copy(found)
        return self.accounts.get(address)

    def balance(self, id: str) -> ClaimableBalance | None:
        """Return a claimable balance to change."""
        if id not in self.balances and (found := self.peek_balance(id)) is not None:
            self.balances[id] = replace(found)
        return self.balances.get(id)

    def add(self, account: Account) -> None:
        """Put an account that wasn't there."""
        self.gone.discard(account.id)
        self.accounts[account.id] = account

    def remove(self, address: str) -> None:
        """Remove an account."""
        self.accounts.pop(address, None)
        self.gone.add(address)

    def add_balance(self, balance: ClaimableBalance) -> None:
        """Put a claimable balance."""
        self.balances[balance.id] = balance

    def remove_balance(self, id: str) -> None:
        """Remove a claimable balance."""
        self.balances.pop(id, None)
        self.claimed.add(id)

    def commit(self, *, ledger: int, closed_at: int) -> None:
        """Write all changes into the state below."""
        for account in self.accounts.values():
            account.last_modified_ledger, account.last_modified_time = ledger, closed_at
        for address in (*self.accounts, *self.gone):
            self._base.before.setdefault(address, self._base.accounts.get(address))
        self._base.accounts.update(self.accounts)
        self._base.balances.update(self.balances)
        for address in self.gone:
            self._base.accounts.pop(address, None)
        for id in self.claimed:
            self._base.balances.pop(id, None)
        if isinstance(self._base, Draft):
            self._base.gone = (self._base.gone | self.gone) - set(self.accounts)
            self._base.claimed |= self.claimed


def _copy(account: Account) -> Account:
    return replace(
        account,
        signers={key: replace(value) for key, value in account.signers.items()},
        trustlines={key: replace(value) for key, value in account.trustlines.items()},
        data={key: replace(value) for key, value in account.data.items()},
    )
