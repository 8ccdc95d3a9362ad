"""`python -m benchmarks.ledger_work <work> <seconds> <clients>`: some clients of the ledger."""

import itertools
import random
import sys
import uuid
from array import array
from collections.abc import Callable
from datetime import UTC, datetime

import django

django.setup()

from benchmarks import clients  # noqa: E402
from payments.deposits import postings as deposits  # noqa: E402
from payments.transfers import postings as transfers  # noqa: E402
from wallets.ledger import accounts, posting, statements  # noqa: E402
from wallets.ledger.chart import Kind  # noqa: E402
from wallets.ledger.models import Account, Balance  # noqa: E402
from wallets.ledger.recipes import Draft  # noqa: E402

_NOW = datetime.now(tz=UTC)
_BATCH = 100
_DRAWN = 50_000


class Client:
    """A client, with the accounts that it may pick from."""

    def __init__(self) -> None:
        wallets = Account.objects.filter(kind_id=int(Kind.WORKER_WALLET), owner_id__isnull=False)
        self.wallets = list(wallets.filter(label="").values_list("id", flat=True))
        self.float = Account.objects.get(kind_id=int(Kind.PAYBILL_FLOAT)).pk
        self.numbers = itertools.count()
        # Drawn beforehand: choosing at random is the load's work, and slow in Python.
        self.drawn = array("q")
        for _ in range(_DRAWN):
            self.drawn.extend(random.sample(self.wallets, 2))
        self.name = uuid.uuid4().hex

    def transfer(self) -> Draft:
        """Return a transfer of a shilling between two random wallets."""
        number = next(self.numbers)
        place = 2 * (number % _DRAWN)
        return transfers.sent(
            transfer_id=f"{self.name}{number}",
            sender=self.drawn[place],
            recipient=self.drawn[place + 1],
            amount_cents=100,
            effective_at=_NOW,
        )

    def single(self) -> int:
        """Post one transfer."""
        posting.post(self.transfer())
        return 1

    def batch(self) -> int:
        """Post a hundred transfers."""
        posting.post_batch([self.transfer() for _ in range(_BATCH)])
        return _BATCH

    def hot(self) -> int:
        """Post a deposit: one side is always the same float."""
        draft = deposits.settled(
            deposit_id=f"{self.name}{next(self.numbers)}",
            paybill_float=self.float,
            wallet=random.choice(self.wallets),
            amount_cents=100,
            effective_at=_NOW,
        )
        posting.post(draft)
        return 1

    def page(self, label: str) -> Callable[[], int]:
        """Return the reading of a page from the middle of the labelled account's statement."""
        account = Account.objects.get(label=label).pk
        count = Balance.objects.get(account_id=account).version

        def read() -> int:
            statements.page(account, cursor=str(random.randint(count // 2, count)))
            return 1

        return read


def prepare(wallets: int, long_statement: int) -> None:
    """Open wallets with money in them, and two whose statements are long and short."""
    paybill = accounts.open_account(Kind.PAYBILL_FLOAT, label="600000")
    ids = [accounts.open_account(Kind.WORKER_WALLET, owner_id=uuid.uuid4()) for _ in range(wallets)]
    for label, entries in (("long", long_statement), ("short", 1000)):
        account = accounts.open_account(Kind.WORKER_WALLET, owner_id=uuid.uuid4(), label=label)
        _deposit(paybill, [account] * entries, cents=100)
    _deposit(paybill, ids, cents=1_000_000_00)


def _deposit(paybill: int, wallets: list[int], *, cents: int) -> None:
    name = uuid.uuid4().hex
    for start in range(0, len(wallets), _BATCH):
        posting.post_batch(
            [
                deposits.settled(
                    deposit_id=f"{name}{start + number}",
                    paybill_float=paybill,
                    wallet=wallet,
                    amount_cents=cents,
                    effective_at=_NOW,
                )
                for number, wallet in enumerate(wallets[start : start + _BATCH])
            ]
        )


def main() -> None:
    """Work until the time is over."""
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[2]), int(sys.argv[3]))
        return
    name, seconds, threads = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    each = [Client() for _ in range(threads)]
    steps = [
        client.page(name.partition(":")[2]) if ":" in name else getattr(client, name)
        for client in each
    ]
    clients.work(steps, seconds=seconds)


if __name__ == "__main__":
    main()
