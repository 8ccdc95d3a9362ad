"""Random histories on the real menu, with the real ledger, PINs and Redis, and every trouble.

`HISTORIES=500` runs the long form, `HISTORY_SEED=7` replays one; a failure tells the seed and the
way there. Where threads post at once, how they interleave is not the seed's.
"""

import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from nannychain.operating import services as operating
from nannychain.operating.flows import Flow
from payments.fees.models import Tariff
from payments.operations import Operation
from tests.factories import money, phones
from tests.factories.ussd_histories import (
    Line,
    World,
    confirmed,
    forget,
    forget_all,
    is_said,
    redis_away,
)
from ussd.engine import store
from ussd.engine.application import Item
from ussd.gateways import other, views
from ussd.menu import APPLICATION
from workers.identity import services as identity

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

_ONE = os.environ.get("HISTORY_SEED")
_COUNT = int(os.environ.get("HISTORIES", "8"))
_PART = 4  # so many in one test: the tables are emptied after each
PARTS = (
    [[int(_ONE)]]
    if _ONE
    else [list(range(_COUNT))[first : first + _PART] for first in range(0, _COUNT, _PART)]
)
HOPS = 30
PINS = ("4826", "6284", "8462")
MONEY_GOALS = ("Send", "Withdraw", "Deposit")
GOALS = (*MONEY_GOALS, *MONEY_GOALS, "PIN", "Language", "Enter code", "Balance")
NOISE = ("1", "2", "0", "00", "98", "4826", "6284", "1*2", "", "*", "x" * 90, "100", "0722000111")
# What a gateway or network does to one hop, and what others do before it.
TROUBLES = ("doubled", "stale", "late", "lost hop", "answer lost", "foreign", "at once")
BEFORE = ("flushed", "all flushed", "redis away", "new fee", "stopped", "new menu", "money comes",
          "other session", "other language", "rival")  # fmt: skip


@pytest.fixture(autouse=True)
def m_pesa_is_set_up(settings: Any) -> Iterator[None]:
    """Let requests to M-Pesa be accepted; nothing is sent while no worker runs."""
    settings.MPESA_CONSUMER_KEY, settings.MPESA_SHORTCODE = "key", "174379"
    forget_all()
    yield
    store.breaker.close()


def _menus() -> list[Any]:
    """Return menus that a new version may have: keys swapped, a choice gone, one more."""
    tree = APPLICATION.tree
    swapped = {"Send": "4", "Withdraw": "5"}
    keys = [swapped.get(str(item.label), item.key) for item in tree]
    rekeyed = tuple(replace(i, key=key) for i, key in zip(tree, keys, strict=True))
    without = tuple(item for item in tree if str(item.label) != "Send")
    send = next(item for item in tree if str(item.label) == "Send")
    more = (*tree, Item(send.parent, "13", "Send again", send.leads_to))
    flows = (*APPLICATION.flows, send.leads_to)
    menus = [{"tree": rekeyed}, {"tree": without, "flows": flows}, {"tree": more}]
    return [APPLICATION, *(replace(APPLICATION, **menu) for menu in menus)]


def new_fee(rng: random.Random) -> None:
    """Let sending and withdrawing cost something else from this moment on."""
    for operation in (Operation.TRANSFER, Operation.WITHDRAWAL):
        begins = timezone.now() + timedelta(milliseconds=200)  # it must reach the database before
        Tariff.objects.create(
            operation=operation,
            effective_from=begins,
            up_to_cents=[9_00, 250_000_00],
            price_cents=[0, rng.randint(0, 8) * 100],
            tax_basis_points=1_500,
            maker="a test",
            reason="a history",
        )
    time.sleep(0.21)


@dataclass
class Person:
    """Somebody who wants something, reads the screen and answers it."""

    world: World
    goal: str
    cents: int
    to: int = 0
    new_pin: str = ""
    code: str = "123456"
    patience: int = 40

    def answer(self, shown: str) -> str | None:
        """Return what she types; None where she hangs up."""
        self.patience -= 1
        if shown.startswith("END") or not shown or not self.patience:
            return None
        if is_said("Sent at {time}. Again?", shown):
            return None
        if effect := confirmed(shown):
            name = effect[3].split(" ")[0]
            is_hers = effect[:2] == (self.goal.lower(), self.cents)
            is_hers &= not name or self.payee.name.startswith(name)
            return "1" if is_hers else "0"
        for text, typed in self._answers().items():
            if is_said(text, shown):
                return typed
        return self._choice(shown)

    @property
    def payee(self) -> Any:
        """To whom she sends."""
        return self.world.others[self.to]

    def _answers(self) -> dict[str, str]:
        amount, pin = str(self.cents // 100), self.world.pin
        return {
            "Continue where you stopped?": "1",
            "Send money to: enter a phone number or Worker ID.": self.payee.phone,
            "Enter the amount in shillings.": amount,
            "Withdraw to your M-Pesa. Enter the amount in shillings.": amount,
            "Deposit from your M-Pesa. Enter the amount in shillings.": amount,
            "Enter your NannyChain PIN to confirm.": pin,
            "Enter your PIN to confirm.": pin,
            "Enter your PIN to see your balance.": pin,
            "Enter your old PIN.": pin,
            "Enter your new PIN of 4 digits.": self.new_pin,
            "Enter the new PIN again.": self.new_pin,
            "Choose language": "2",
            "Enter the code of 6 digits that came by SMS.": self.code,
        }

    def _choice(self, shown: str) -> str:
        for label in ("Change PIN", self.goal):
            for number in re.findall(r"^(\d+)\. (.+)$", shown, re.MULTILINE):
                if is_said(label, number[1]):
                    return number[0]
        return "98" if "\n98. " in shown else "00" if "\n00. " in shown else "0"


@dataclass
class History:
    """One member's history with every trouble; the world's oracle looks at each hop."""

    seed: int
    is_calm: bool = False  # she wants one thing, and is a member of long standing
    log: list[str] = field(default_factory=list)
    late: list[tuple[Line, dict[str, Any]]] = field(default_factory=list)
    has_code: bool = False

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.menus = _menus()
        self.world = World.new(is_recent=not self.is_calm and self.rng.random() < 0.2)
        gateway = "hubtel" if self.seed % 4 == 3 else "africastalking"
        self.lines = [Line(self.world.member.phone, gateway) for _ in range(2)]
        self.line = self.lines[0]
        self.person = self._person()

    def _person(self) -> Person:
        goal = self.rng.choice(MONEY_GOALS if self.is_calm else GOALS)
        cents = self.rng.choice((100, 150, 999)) * 100
        to, pin = self.rng.randrange(2), self.rng.choice(PINS)
        person = Person(self.world, goal, cents, to, pin)
        if not self.is_calm:
            person.patience = 10
            if goal == "Enter code" and not self.has_code:
                person.code, self.has_code = phones.sent_code(self.world.member.phone), True
        return person

    def run(self) -> None:
        """Live through it."""
        self.dial()
        for _ in range(HOPS):
            if self.rng.random() < 0.2:
                self.before(self.rng.choice(BEFORE))
            typed = self.person.answer(self.line.shown)
            if typed is not None and self.rng.random() < 0.06:
                typed = self.rng.choice(NOISE)
            if typed is None:
                self.person = self._person()
                self.dial()
                continue
            trouble = self.rng.choice(TROUBLES) if self.rng.random() < 0.25 else ""
            self.hop(typed, trouble)
        self.world.check_books()

    def dial(self) -> None:
        """Begin a session."""
        request = self.line.dial()
        self._let(self.line, "", request)

    def _let(self, line: Line, typed: str, request: dict[str, Any], *, is_seen: bool = True) -> str:
        (shown,) = self.world.hop([(line, typed)], lambda: [line.post(request)])
        self.log.append(f"{typed!r} -> {shown!r}{'' if is_seen else ' (not seen)'}")
        if is_seen:
            line.see(shown)
        return shown

    def hop(self, typed: str, trouble: str) -> None:
        """Type something, with something going wrong."""
        line, request = self.line, self.line.type(typed)
        self.log.append(trouble)
        if trouble == "lost hop":
            return
        if trouble == "at once":
            self._at_once([(line, typed, request)] * 3)
            return
        shown = self._let(line, typed, request, is_seen=trouble != "answer lost")
        match trouble:
            case "doubled":
                assert self.world.hop([], lambda: [line.post(request)]) == [shown]
            case "stale" if line.gateway == "africastalking":
                old = self.rng.choice(line.asked)
                assert self.world.hop([], lambda: [line.post(old)]) == [shown]
            case "late":
                self.late.append((line, self.rng.choice(line.asked)))
            case "foreign":
                foreign = self.world.others[0].phone
                (told,) = self.world.hop([], lambda: [line.post(request, number=foreign)])
                assert told.startswith("END ")
            case "answer lost":
                self.dial()
        if self.late and self.rng.random() < 0.3:
            late_line, late = self.late.pop()
            self.log.append(f"late: {late}")
            self.world.hop([], lambda: [late_line.post(late)])

    def _at_once(self, posts: list[tuple[Line, str, dict[str, Any]]]) -> None:
        """Let several posts be in flight at the same time; each session answers one thing."""

        def post(each: tuple[Line, str, dict[str, Any]]) -> str:
            try:
                return each[0].post(each[2])
            finally:
                connection.close()

        def all_of_them() -> list[str]:
            with ThreadPoolExecutor(len(posts)) as pool:
                return list(pool.map(post, posts))

        lines = {line.session_id: (line, typed) for line, typed, _ in posts}
        answers = self.world.hop(lines.values(), all_of_them)
        for (line, typed, _), shown in zip(posts, answers, strict=True):
            assert all(
                shown == other_shown
                for (other_line, *_), other_shown in zip(posts, answers, strict=True)
                if other_line is line
            ), answers
            self.log.append(f"at once {typed!r} -> {shown!r}")
            line.see(shown)

    def before(self, what: str) -> None:
        """Let something happen between two hops."""
        self.log.append(f"[{what}]")
        happenings: dict[str, Callable[[], object]] = {
            "flushed": lambda: forget(self.line),
            "all flushed": forget_all,
            "redis away": self._hop_without_redis,
            "new fee": lambda: new_fee(self.rng),
            "stopped": self._stop_or_start,
            "new menu": self._new_menu,
            "money comes": lambda: self.world.receive(self.rng.randint(1, 900) * 100),
            "other session": self._hops_of_the_other_session,
            "other language": lambda: identity.choose_language(
                self.world.member.pk, language=self.rng.choice(("en", "sw")), channel="rest"
            ),
            "rival": self._rival,
        }
        happenings[what]()

    def _hop_without_redis(self) -> None:
        typed = self.person.answer(self.line.shown)
        if typed is None:
            return
        request = self.line.type(typed)
        with redis_away():
            self._let(self.line, typed, request)

    def _stop_or_start(self) -> None:
        flow = self.rng.choice((Flow.TRANSFERS, Flow.WITHDRAWALS, Flow.DEPOSITS))
        operating.stop(flow, reason="a history of trouble", by=money.STAFF)
        typed = self.person.answer(self.line.shown)
        if typed is not None:
            self._let(self.line, typed, self.line.type(typed))
        operating.start(flow, reason="the trouble is over", by=money.STAFF)

    def _new_menu(self) -> None:
        menu = self.rng.choice(self.menus)
        views.APPLICATION = other.APPLICATION = menu

    def _hops_of_the_other_session(self) -> None:
        """Let the same phone's other session get as far as it gets by itself."""
        mine = self.line
        self.line = next(line for line in self.lines if line is not mine)
        self.dial()
        for _ in range(6):
            typed = self.person.answer(self.line.shown)
            if typed is None:
                break
            self._let(self.line, typed, self.line.type(typed))
        self.line = mine

    def _rival(self) -> None:
        """Let both sessions of the phone answer at the same moment."""
        posts = []
        for line in self.lines:
            typed = self.person.answer(line.shown) if line.session_id else None
            if typed is not None:
                posts.append((line, typed, line.type(typed)))
        if posts:
            self._at_once(posts)


@pytest.fixture
def own_menu() -> Iterator[None]:
    """Put our menu back after a history that has changed it."""
    yield
    views.APPLICATION = other.APPLICATION = APPLICATION


@contextmanager
def told(seed: int, log: list[str]) -> Iterator[None]:
    """Tell the way to a failure."""
    try:
        yield
    except BaseException:
        print(f"HISTORY_SEED={seed}", *log, sep="\n")  # noqa: T201 - the way there tells why
        raise


@pytest.mark.parametrize("seeds", PARTS, ids=str)
def test_any_history_ends_in_books_that_were_shown_and_confirmed(
    seeds: list[int], own_menu: None
) -> None:
    made: Counter[str] = Counter()
    for seed in seeds:
        history = History(seed)
        with told(seed, history.log):
            history.run()
        made.update(effect[0] for effect in history.world.effects.values())
    assert _ONE or made.total() > 0  # the oracle had something to look at


_TROUBLED_TURNS = 20  # then all is well, before her patience ends


@pytest.mark.parametrize("seeds", PARTS, ids=str)
def test_whoever_goes_on_answering_gets_what_she_wanted_once(seeds: list[int]) -> None:
    """A person who reads and answers has what she wanted, once, whatever is lost on the way."""
    for seed in seeds:
        history = History(seed, is_calm=True)
        with told(seed, history.log):
            _go_on_answering(history)


def _go_on_answering(history: History) -> None:
    history.dial()
    for turn in range(60):
        typed = history.person.answer(history.line.shown)
        if typed is None:
            break
        if turn >= _TROUBLED_TURNS:  # a gateway of single steps begins anew at each loss
            history.hop(typed, "")
            continue
        if history.rng.random() < 0.25:
            history.before(history.rng.choice(("flushed", "all flushed")))
        if history.rng.random() < 0.15:
            history.before("redis away")
            continue
        benign = ("", "", "doubled", "stale", "at once", "answer lost")
        history.hop(typed, history.rng.choice(benign))
    made = [effect[:2] for effect in history.world.effects.values()]
    assert made == [(history.person.goal.lower(), history.person.cents)]
    history.world.check_books()
