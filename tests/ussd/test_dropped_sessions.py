"""A session that was dropped, and a fresh dial: "Continue?", and nothing else is given away."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_redis import get_redis_connection

from tests.ussd.shop import Customer, Shop, sales
from ussd.engine import sessions, store

pytestmark = pytest.mark.django_db

QUESTION = "CON Continue where you stopped?\n1. Yes\n2. No\n0. Back"
CONFIRM = "CON Buy 2 salt: KSh 60, fee KSh 1\n1. Confirm\n0. Back\n00. Home"
HOME = "CON The shop\n1. Buy\n2. Secret\n3. Opening hours\n0. Exit"


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return Customer(shop)


def dropped(customer: Customer, *inputs: str) -> str:
    """Let the customer get so far, lose the line and dial again."""
    customer.dial()
    customer.enter(*inputs)
    return customer.dial()


class TestResuming:
    def test_it_goes_on_at_the_question_that_was_open(self, customer: Customer) -> None:
        assert dropped(customer, "1", "2") == QUESTION
        assert customer.enter("1") == "CON How many?\n0. Back\n00. Home"
        assert customer.enter("2") == CONFIRM

    def test_figures_are_read_anew(self, shop: Shop, customer: Customer) -> None:
        assert dropped(customer, "1", "2", "2") == QUESTION
        shop.fee_cents = 500
        assert "fee KSh 5" in customer.enter("1")
        customer.enter("1", "2580")
        assert sales()[0]["fee_cents"] == 500

    def test_it_stops_before_the_pin(self, customer: Customer) -> None:
        assert dropped(customer, "1", "2", "2", "1") == QUESTION
        assert customer.enter("1") == CONFIRM

    def test_no_begins_anew(self, customer: Customer) -> None:
        dropped(customer, "1", "2")
        assert customer.enter("2") == HOME

    @pytest.mark.parametrize(
        "inputs",
        [(), ("1",), ("2",), ("2", "2580"), ("1", "2", "2", "1", "2580"), ("1", "2", "00")],
    )
    def test_where_nothing_was_chosen_or_a_pin_was_given_it_is_not_asked(
        self, customer: Customer, inputs: tuple[str, ...]
    ) -> None:
        assert dropped(customer, *inputs) == HOME

    def test_it_is_asked_once(self, customer: Customer) -> None:
        assert dropped(customer, "1", "2") == QUESTION
        assert customer.dial() == HOME

    def test_nobody_else_is_asked(self, shop: Shop, customer: Customer) -> None:
        customer.dial()
        customer.enter("1", "2")
        assert Customer(shop, phone="+254722000111").dial() == HOME

    def test_it_is_forgotten_after_five_minutes(self, customer: Customer) -> None:
        customer.dial()
        customer.enter("1", "2")
        redis = get_redis_connection("default")
        (key,) = redis.scan_iter("ussd:dropped:*")
        assert 290 < redis.ttl(key) <= 300

    def test_a_dial_with_more_in_it_is_not_asked(self, customer: Customer) -> None:
        customer.dial()
        customer.enter("1", "2")
        customer.session_id, customer.text = "another", "3"
        assert customer.post() == "END 8 to 5."

    @pytest.mark.parametrize("inputs", [(), ("1",)])
    def test_the_answer_means_the_same_after_redis_was_lost(
        self, customer: Customer, inputs: tuple[str, ...]
    ) -> None:
        dropped(customer, "1", "2")
        customer.enter(*inputs)
        get_redis_connection("default").delete(customer.stored_as)
        shown = customer.enter("2" if inputs else "1")
        assert shown == (CONFIRM if inputs else "CON How many?\n0. Back\n00. Home")

    def test_what_a_changed_menu_no_longer_has_is_not_offered(self, customer: Customer) -> None:
        customer.dial()
        customer.enter("1", "2")
        redis = get_redis_connection("default")
        (key,) = redis.scan_iter("ussd:dropped:*")
        redis.set(key, redis.get(key).replace(b"buy.count", b"buy.gone"))
        assert customer.dial() == HOME


OVER = "END This session has ended. Please dial again."


class TestCleared:
    def test_it_stays_cleared_when_redis_is_lost(self, customer: Customer) -> None:
        customer.dial()
        customer.enter("1", "2", "2", "1")
        (found,) = [each for each in sessions.listed() if customer.session_id in each.name]
        assert (found.phone, found.screen) == (customer.phone, "buy.pin")
        assert sessions.clear(customer.application, found.name)
        assert customer.enter("2580") == OVER
        get_redis_connection("default").delete(customer.stored_as)
        assert customer.enter("2580") == OVER
        assert sales() == []

    def test_one_that_began_with_a_question_is_cleared_too(self, customer: Customer) -> None:
        assert dropped(customer, "1", "2") == QUESTION
        assert sessions.clear_all(customer.application) >= 1
        get_redis_connection("default").delete(customer.stored_as)
        assert customer.enter("1") == OVER

    def test_it_is_no_longer_among_the_open_ones(self, customer: Customer) -> None:
        customer.dial()
        name = f"tests:{customer.session_id}"
        assert sessions.clear(customer.application, name)
        assert not sessions.clear(customer.application, name)
        assert name not in {each.name for each in sessions.listed()}
        assert not sessions.clear(customer.application, "tests:nobody")


def test_a_phone_that_dials_without_end_is_told_to_wait(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_DIALS_MAX", 3)
    assert [customer.dial() for _ in range(3)] == [HOME] * 3
    assert customer.dial().startswith("END Too many calls from this phone.")
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert customer.dial().startswith("END ")
