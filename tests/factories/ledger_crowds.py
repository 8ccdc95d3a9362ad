"""A crowd that does everything to the ledger at once, and writes down what it asked and heard."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from payments.withdrawals import postings as withdrawals
from tests.factories import books
from wallets.ledger import accounts, errors, holds, posting
from wallets.ledger.chart import Kind
from wallets.ledger.models import Hold, Journal
from wallets.ledger.recipes import Capture, Draft

WALLETS = 6
UNHELD = 3  # on the first wallets nothing is ever held
START_CENTS = 500_00
Heard = list[tuple[int, bool]]


@dataclass
class Attempt:
    """What somebody asked for, what came back, and between which moments of one clock."""

    act: str
    drafts: tuple[Draft, ...] = ()
    hold: Any = None
    heard: Heard = field(default_factory=list)
    balances: dict[int, int] = field(default_factory=dict)
    refusal: errors.LedgerRefusal | None = None
    started: float = 0.0
    ended: float = 0.0


class Crowd:
    """Members with a connection each, dice of their own, and keys that they share."""

    def __init__(self, seed: int) -> None:
        self.wallets = [books.wallet(START_CENTS) for _ in range(WALLETS)]
        self.paybill = books.paybill()
        self.clearing = accounts.open_account(Kind.PAYOUT_CLEARING)
        self.attempts: list[Attempt] = []
        self._seed = seed
        self._drafts: list[Draft] = []
        self._lock = threading.Lock()

    def run(self, *, members: int, commands: int) -> None:
        """Let all of them act at once; raise what isn't a refusal, such as a deadlock."""
        with ThreadPoolExecutor(members) as pool:
            for done in [pool.submit(self._member, n, commands) for n in range(members)]:
                done.result()

    def _member(self, number: int, commands: int) -> None:
        dice = random.Random(f"{self._seed} {number}")
        acts: list[Callable[[random.Random], Attempt]] = [
            *[self._post] * 5,
            *[self._batch] * 2,
            *[self._repeat] * 2,
            *[self._place] * 3,
            *[self._capture] * 3,
            self._release,
            self._expire,
            self._reverse,
            self._roll_up,
        ]
        try:
            for _ in range(commands):
                attempt = dice.choice(acts)(dice)
                with self._lock:
                    self.attempts.append(attempt)
        finally:
            connection.close()

    def _draft(self, dice: random.Random) -> Draft:
        one, other = dice.sample(self.wallets, 2)
        key, cents = f"k{dice.randrange(500)}", dice.randint(1, 150_00)
        about = {"withdrawal_id": key, "clearing": self.clearing, "effective_at": books.MORNING}
        draft = dice.choice(
            [
                *[books.transfer(one, other, cents, key=key)] * 4,
                books.deposit(one, cents // 3 + 1, key=key),
                withdrawals.reserved(wallet=one, amount_cents=cents, **about),
                withdrawals.failed(wallet=one, amount_cents=cents // 3 + 1, **about),
            ]
        )
        with self._lock:
            self._drafts.append(draft)
        return draft

    def _post(self, dice: random.Random) -> Attempt:
        return _posted(Attempt("post", (self._draft(dice),)))

    def _repeat(self, dice: random.Random) -> Attempt:
        with self._lock:
            draft = dice.choice(self._drafts or [books.transfer(*self.wallets[:2], 1, key="first")])
        return _posted(Attempt("post", (draft,)))

    def _batch(self, dice: random.Random) -> Attempt:
        drafts = tuple(self._draft(dice) for _ in range(dice.randint(1, 8)))
        attempt = Attempt("batch", drafts)

        def post() -> None:
            attempt.heard = [(p.journal_id, p.is_new) for p in posting.post_batch(drafts)]

        return _timed(attempt, post)

    def _reverse(self, dice: random.Random) -> Attempt:
        known = list(Journal.objects.order_by("?").values_list("pk", flat=True)[:1])
        attempt = Attempt("reverse")

        def reverse() -> None:
            found = posting.reverse(known[0], cause="the crowd")
            attempt.heard = [(found.journal_id, found.is_new)]

        return _timed(attempt, reverse)

    def _place(self, dice: random.Random) -> Attempt:
        soon = timezone.now() + timedelta(milliseconds=dice.choice([20, 300]))
        hold = {
            "account_id": dice.choice(self.wallets[UNHELD:]),
            "amount": dice.randint(1, 80_00),
            "key": f"h{dice.randrange(150)}",
            "expires_at": dice.choice([None, None, soon]),
        }
        attempt = Attempt("place", hold=hold)

        def place() -> None:
            found = holds.place(**hold)
            attempt.heard = [(found.hold_id, found.is_new)]

        return _timed(attempt, place)

    def _capture(self, dice: random.Random) -> Attempt:
        hold = Hold.objects.filter(ended_at__isnull=True).order_by("?").first()
        if hold is None:
            return self._place(dice)
        part = dice.randint(1, hold.held)
        to = dice.choice([each for each in self.wallets if each != hold.account_id])
        draft = books.transfer(hold.account_id, to, part + dice.choice([0, 0, 5_00]))
        draft = replace(draft, captures=(Capture(hold.pk, part),))
        return _posted(Attempt("capture", (draft,), hold=hold.pk))

    def _release(self, dice: random.Random) -> Attempt:
        hold = Hold.objects.order_by("?").first()
        if hold is None:
            return self._place(dice)
        return _timed(Attempt("release", hold=hold.pk), lambda: holds.release(hold.pk))

    def _expire(self, dice: random.Random) -> Attempt:
        return _timed(Attempt("expire"), holds.expire_due)

    def _roll_up(self, dice: random.Random) -> Attempt:
        return _timed(Attempt("roll up"), posting.roll_up)


def _posted(attempt: Attempt) -> Attempt:
    def post() -> None:
        found = posting.post(attempt.drafts[0])
        attempt.heard = [(found.journal_id, found.is_new)]
        attempt.balances = found.balances

    return _timed(attempt, post)


def _timed(attempt: Attempt, call: Callable[[], object]) -> Attempt:
    attempt.started = time.monotonic()
    try:
        call()
    except errors.LedgerRefusal as refusal:
        attempt.refusal = refusal
    attempt.ended = time.monotonic()
    return attempt
