"""What the books must be, reckoned as plainly as can be, in the order that the database tells."""

from collections import Counter
from dataclasses import dataclass

from wallets.ledger.models import Balance, Posting


@dataclass(frozen=True)
class Written:
    """A leg as it stands in the database."""

    account: int
    amount: int
    balance_after: int | None
    version: int | None


class Model:
    """Accounts with a balance and a count each. `history` holds all balances of each account."""

    def __init__(self) -> None:
        rows = Balance.objects.values_list("account_id", "sign", "floor", "is_deferred")
        self._kinds = {account: rest for account, *rest in rows}
        self.balances: Counter[int] = Counter()
        self.counts: Counter[int] = Counter()
        self.history: dict[int, list[int]] = {account: [0] for account in self._kinds}

    def replay(self) -> None:
        """Post every journal once those that its accounts' numbers put before it are posted."""
        journals: dict[int, list[Written]] = {}
        for journal, *leg in Posting.objects.values_list(
            "journal_id", "account_id", "amount", "balance_after", "version"
        ):
            journals.setdefault(journal, []).append(Written(*leg))
        while journals:
            ready = [each for each, legs in journals.items() if self._is_next(legs)]
            assert ready, f"no order explains the journals {sorted(journals)[:20]}"
            for journal in ready:
                self._post(journals.pop(journal))

    def _is_next(self, legs: list[Written]) -> bool:
        return all(leg.version in (None, self.counts[leg.account] + 1) for leg in legs)

    def _post(self, legs: list[Written]) -> None:
        assert len(legs) >= 2
        assert sum(leg.amount for leg in legs) == 0
        assert len({leg.account for leg in legs}) == len(legs)
        for leg in legs:
            sign, floor, is_deferred = self._kinds[leg.account]
            self.balances[leg.account] += leg.amount
            self.counts[leg.account] += 1
            balance = self.balances[leg.account]
            if is_deferred:
                assert (leg.balance_after, leg.version) == (None, None)
            else:
                assert (leg.balance_after, leg.version) == (balance, self.counts[leg.account])
                assert floor is None or sign * balance >= floor
            self.history[leg.account].append(sign * balance)
