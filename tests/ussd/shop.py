"""A small application on the engine: a shop, with every kind of screen and a list that changes.

It shows how a money screen is written, and lets the engine be tested without any flow of ours.
What was bought are rows of `nannychain.idempotency`, one for each sale.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from nannychain import idempotency
from nannychain.errors import Conflict, Forbidden, Invalid
from nannychain.idempotency.models import IdempotentAnswer
from ussd.engine import run, store, text
from ussd.engine.application import Application, Item
from ussd.engine.hop import Hop, Reply, Visit
from ussd.engine.screens import (
    Ask,
    Choose,
    Confirm,
    End,
    Menu,
    Option,
    Pin,
    Show,
    flow,
)
from ussd.engine.steps import Again, Back, Call, Finish, Leave, Next, Reconfirm, Step
from ussd.menu import SENTENCES

PHONE = "+254712345678"
SALES = "tests.shop.sales"


class NotThatMany(Invalid):
    code = "shop.not_that_many"
    message = "Between 1 and 99."


class Closed(Conflict):
    code = "shop.closed"
    message = "The shop is closed."


class Banned(Forbidden):
    code = "shop.banned"
    message = "We don't sell to you."


@dataclass(frozen=True)
class Verdict:
    is_right: bool
    tries_left: int = 3
    locked_until: datetime | None = None
    needs_reset: bool = False


@dataclass
class Pins:
    """A PIN service with one PIN: verdicts are kept by key, so that a replay doesn't count."""

    pin: str | None = "2580"
    tries_left: int = 3
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    def has_pin(self, caller: Any) -> bool:
        return self.pin is not None

    def verify(self, caller: Any, *, pin: str, key: str) -> Verdict:
        if key not in self.verdicts:
            self.verdicts[key] = self._judge(pin)
        return self.verdicts[key]

    def _judge(self, pin: str) -> Verdict:
        if self.tries_left == 0 or pin != self.pin:
            self.tries_left = max(0, self.tries_left - 1)
            locked = timezone.now() + timedelta(minutes=5) if self.tries_left == 0 else None
            return Verdict(False, self.tries_left, locked)
        self.tries_left = 3
        return Verdict(True)


@dataclass
class Shop:
    """The state of the world that screens read, and tests change under way."""

    goods: list[tuple[str, int]] = field(
        default_factory=lambda: [("soap", 5000), ("salt", 3000), ("tea", 12000)]
    )
    fee_cents: int = 100
    is_closed: bool = False
    is_banned: bool = False
    pins: Pins = field(default_factory=Pins)
    reads: int = 0

    def options(self, _: Visit) -> Sequence[Option]:
        self.reads += 1
        return [Option(name, f"{name} {text.amount(cents)}") for name, cents in self.goods]

    def read_count(self, _: Visit, typed: str) -> Step:
        if not typed.isdigit() or not 0 < int(typed) < 100:
            raise NotThatMany
        return Next({"count": int(typed)})

    def quote(self, visit: Visit) -> Mapping[str, Any]:
        self.reads += 1
        if self.is_closed:
            raise Closed
        price = dict(self.goods)[visit.values["what"]]
        return {"cents": price * visit.values["count"], "fee_cents": self.fee_cents}

    def confirm(self, visit: Visit) -> str:
        return text.fill(
            "Buy {count} {what}: {amount}, fee {fee}",
            count=text.count(visit.values["count"]),
            what=text.Value(visit.values["what"], 20),
            amount=text.amount(visit.frozen["cents"]),
            fee=text.amount(visit.frozen["fee_cents"]),
        )

    def buy(self, visit: Visit) -> Step:
        if self.is_banned:
            raise Banned
        if self.fee_cents != visit.frozen["fee_cents"]:
            return Reconfirm("The fee has changed.")
        sale = {**visit.values, **visit.frozen}
        sale.pop("confirmed", None)
        idempotency.once(scope=SALES, key=visit.key, fingerprint="", effect=lambda: sale)
        return Finish("Bought. You will get an SMS.")

    def choose_pin(self, _: Visit, typed: str) -> Step:
        def service() -> Step:
            self.pins.pin = typed
            return Leave("Your PIN is set.")

        return Call(service) if len(typed) == 4 else Again("A PIN has 4 digits.")

    def application(self) -> Application:
        buy = flow(
            "buy",
            Choose(
                prompt=lambda v: "What?" if v.frozen else "Sold out.",
                options=self.options,
                pick=lambda _, what: Next({"what": what}),
            ),
            count=Ask(prompt=lambda _: "How many?", read=self.read_count),
            confirm=Confirm(
                prompt=self.confirm,
                freeze=self.quote,
                twin=lambda v: f"{v.values['what']} {v.values['count']}",
            ),
            pin=Pin(prompt=lambda _: "Enter PIN to confirm", act=self.buy),
        )
        secret = flow(
            "secret",
            Pin(prompt=lambda _: "Enter PIN"),
            shown=Show(prompt=lambda _: "The secret is safe. " * 16),
        )
        return Application(
            tree=(
                Item("home", "1", "Buy", buy),
                Item("home", "2", "Secret", secret),
                Item("home", "3", "Opening hours", flow("hours", End(prompt=lambda _: "8 to 5."))),
                Item("home", "4", "Back door", Back(), shown_to=lambda _: self.is_closed),
                Item("home", "0", "Exit", Back()),
            ),
            flows=(
                flow("home", Menu(prompt=lambda _: "The shop")),
                flow("first_pin", Ask(prompt=lambda _: "Choose a PIN", read=self.choose_pin)),
            ),
            sentences=SENTENCES,
            find_caller=lambda phone: phone,
            pack_caller=lambda caller: caller,
            unpack_caller=lambda packed: packed,
            language_of=lambda _: "en",
            roots=lambda _: ("home",),
            is_recent=lambda _: False,
            root_names=frozenset({"home"}),
            pins=self.pins,
            first_pin="first_pin",
        )


def sales() -> list[dict[str, Any]]:
    """Return what was sold, in order."""
    rows = IdempotentAnswer.objects.filter(scope=SALES).order_by("id")
    return [row.answer for row in rows]


@dataclass
class Customer:
    """Somebody who dials the shop; what the gateway sends is all input so far."""

    shop: Shop
    session_id: str = ""
    text: str = ""
    phone: str = PHONE

    def __post_init__(self) -> None:
        self.application = self.shop.application()

    def dial(self) -> str:
        self.session_id, self.text = f"shop_{uuid4().hex}", ""
        return self.post()

    def enter(self, *inputs: str) -> str:
        shown = ""
        for typed in inputs:
            self.text = f"{self.text}*{typed}" if self.text else typed
            shown = self.post()
        return shown

    @property
    def stored_as(self) -> str:
        """The name of the session in Redis."""
        return store.KEY.format(f"tests:{self.session_id}")

    def post(self, typed: str | None = None) -> str:
        return str(self.hop(self.text if typed is None else typed))

    def hop(self, typed: str) -> Reply:
        hop = Hop(
            gateway="tests",
            session_id=self.session_id,
            phone=self.phone,
            service_code="*1#",
            text=typed,
            is_authenticated=True,
        )
        return run.answer(self.application, hop)
