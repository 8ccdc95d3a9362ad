"""Whatever a gateway, a network and Redis do to a session: it ends as a clean one would, or in a
question, and never in another effect.

Inputs are doubled, dropped, late and in another order; Redis forgets at any hop; fees, goods and
the menu change under way. A plain model says what a sale may be: what a confirm screen has shown,
after a right PIN, and once for each confirmation.
"""

import re
from dataclasses import dataclass, field

import pytest
from django_redis import get_redis_connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nannychain.idempotency.models import IdempotentAnswer
from tests.faults.machine.stage import lose_redis
from tests.ussd.shop import SALES, Customer, Pins, Shop, sales
from ussd.engine import store
from ussd.engine.models import Twin
from ussd.engine.text import fits

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_phone_may_dial_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one phone have all these histories."""
    monkeypatch.setattr(store, "_DIALS_MAX", 10**9)


TYPED = st.sampled_from(
    [
        "1",
        "2",
        "3",
        "0",
        "00",
        "98",
        "2580",
        "1111",
        "",
        "7",
        "*",
        "1*2",
        "x" * 90,
        "\N{BOMB}",
        "\x00",
    ]
)
TROUBLE = st.sampled_from(
    ["", "", "", "doubled", "stale", "lost hop", "flushed", "new fee", "new goods", "closed",
     "redialled", "foreign"]
)  # fmt: skip
# The way to a sale, so that histories get there often enough.
WAY = st.sampled_from([("1", "2", "2", "1", "2580"), ("1", "1", "3", "1", "2580"), ("2", "2580")])
_CONFIRMED = re.compile(r"Buy (\d+) (\w+): KSh ([\d,]+), fee KSh (\d+)")


@dataclass
class History:
    """One customer's history, and what the confirm screens have shown on the way."""

    shop: Shop = field(default_factory=lambda: Shop(pins=Pins(tries_left=99)))
    shown: list[tuple[int, str, int, int]] = field(default_factory=list)
    pins_typed: int = 0

    def __post_init__(self) -> None:
        self.customer = Customer(self.shop)
        self.see(self.customer.dial())

    def see(self, answer: str) -> None:
        """Look at what the phone shows: an answer that fits, and perhaps a confirm screen."""
        assert answer.startswith(("CON ", "END "))
        assert fits(answer[4:]), answer
        if match := _CONFIRMED.search(answer):
            count, what, cents, fee = match.groups()
            shillings = int(cents.replace(",", ""))
            self.shown.append((int(count), what, shillings * 100, int(fee) * 100))

    def hop(self, typed: str, trouble: str) -> None:
        """Type something, with something going wrong."""
        customer = self.customer
        self._before(trouble)
        self.pins_typed += "2580" in typed
        before = customer.text
        customer.text = f"{before}*{typed}" if before else typed
        if trouble == "lost hop":
            return  # the gateway never posts this one; the next has both
        answer = customer.post()
        self.see(answer)
        if trouble == "doubled":
            assert customer.post() == answer
        if trouble == "stale":
            assert customer.post(before) == answer
        if trouble == "foreign":
            other = Customer(self.shop, phone="+254722000111")
            other.session_id, other.text = customer.session_id, customer.text
            assert other.post().startswith("END This session belongs to another phone.")

    def _before(self, trouble: str) -> None:
        if trouble == "flushed":
            get_redis_connection("default").delete(self.customer.stored_as)
        if trouble == "new fee":
            self.shop.fee_cents += 100
        if trouble == "new goods":
            self.shop.goods = self.shop.goods[1:] + self.shop.goods[:1]
        if trouble == "closed":
            self.shop.is_closed = not self.shop.is_closed
        if trouble == "redialled":
            self.see(self.customer.dial())

    def check(self) -> None:
        """Fail unless each sale is one that was shown, paid for by a PIN, and counted once."""
        made = [(s["count"], s["what"], s["cents"], s["fee_cents"]) for s in sales()]
        assert len(made) <= self.pins_typed
        for sale in made:
            assert sale in self.shown, (sale, self.shown)
        confirmations = len(self.shown)
        assert len(made) <= confirmations


@given(
    ways=st.lists(WAY, min_size=1, max_size=2),
    noise=st.lists(st.tuples(st.integers(0, 12), TYPED), max_size=3),
    troubles=st.lists(TROUBLE, min_size=14, max_size=14),
)
@settings(
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_ends_in_the_books_of_a_clean_one_or_in_a_question(
    ways: list[tuple[str, ...]], noise: list[tuple[int, str]], troubles: list[str]
) -> None:
    IdempotentAnswer.objects.filter(scope=SALES).delete()
    Twin.objects.all().delete()
    inputs = [typed for way in ways for typed in way]
    for at, typed in noise:
        inputs.insert(min(at, len(inputs)), typed)
    history = History()
    for typed, trouble in zip(inputs, troubles, strict=False):
        history.hop(typed, trouble)
    history.check()


@given(trouble=st.lists(st.sampled_from(["", "doubled", "stale", "flushed before"]), min_size=8,
                        max_size=8))  # fmt: skip
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whoever_goes_on_answering_gets_what_she_wanted_once(trouble: list[str]) -> None:
    """A person who reads the screen and answers it ends with her sale, though Redis forgets."""
    lose_redis()  # she has dropped nothing that she would be asked to go on with
    IdempotentAnswer.objects.filter(scope=SALES).delete()
    Twin.objects.all().delete()
    customer = Customer(Shop(pins=Pins(tries_left=99)))
    shown = customer.dial()
    for number in range(24):
        if shown.startswith("END"):
            break
        what = trouble[number % len(trouble)] if number < len(trouble) else ""
        if what == "flushed before":
            get_redis_connection("default").delete(customer.stored_as)
        shown = customer.enter(_answer(shown))
        if what == "doubled":
            assert customer.post() == shown
        if what == "stale":
            assert customer.post("1") == shown
    assert shown == "END Bought. You will get an SMS."
    assert sales() == [{"what": "salt", "count": 2, "cents": 6000, "fee_cents": 100}]


def _answer(shown: str) -> str:
    """Return what a person types who wants two packets of salt."""
    for said, typed in (
        ("Enter PIN", "2580"),
        ("Buy 2 salt", "1"),
        ("How many?", "2"),
        ("What?", "2"),
        ("The shop", "1"),
    ):
        if said in shown:
            return typed
    raise AssertionError(shown)
