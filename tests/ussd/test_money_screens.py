"""The engine's promises about money, on a small application: what was seen is done, and once."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_redis import get_redis_connection

from nannychain.idempotency.models import IdempotentAnswer
from tests.factories.threads import at_once
from tests.ussd.shop import Customer, Pins, Shop, sales
from ussd.engine import effects, twins
from ussd.engine.application import Item
from ussd.engine.models import Twin
from ussd.engine.screens import Menu, flow
from ussd.engine.steps import Do, Finish

pytestmark = pytest.mark.django_db

HOME = "CON The shop\n1. Buy\n2. Secret\n3. Opening hours\n0. Exit"
LIST = "CON What?\n1. soap KSh 50\n2. salt KSh 30\n3. tea KSh 120\n0. Back"
CONFIRM = "CON Buy 2 salt: KSh 60, fee KSh 1\n1. Confirm\n0. Back\n00. Home"
ASK_PIN = "CON Enter PIN to confirm\n0. Back\n00. Home"
BOUGHT = "END Bought. You will get an SMS."
SALT = {"what": "salt", "count": 2, "cents": 6000, "fee_cents": 100}


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return Customer(shop)


def lose(customer: Customer) -> None:
    get_redis_connection("default").delete(customer.stored_as)


class TestBuying:
    def test_a_purchase_goes_through_every_kind_of_screen(self, customer: Customer) -> None:
        assert customer.dial() == HOME
        assert customer.enter("1") == LIST
        assert customer.enter("2") == "CON How many?\n0. Back\n00. Home"
        assert customer.enter("2") == CONFIRM
        assert customer.enter("1") == ASK_PIN
        assert customer.enter("2580") == BOUGHT
        assert sales() == [SALT]

    def test_a_repeated_commit_buys_once_whatever_redis_does(self, customer: Customer) -> None:
        customer.dial()
        first = customer.enter("1", "2", "2", "1", "2580")
        assert customer.post() == first
        lose(customer)
        assert customer.post() == first
        assert sales() == [SALT]

    @pytest.mark.django_db(transaction=True)
    def test_commits_at_once_buy_once(self, customer: Customer) -> None:
        customer.dial()
        customer.enter("1", "2", "2", "1")
        customer.text += "*2580"
        assert set(at_once(customer.post, times=8)) == {BOUGHT}
        assert sales() == [SALT]

    def test_an_invalid_answer_is_asked_again_in_the_words_of_the_error(
        self, customer: Customer
    ) -> None:
        customer.dial()
        assert customer.enter("1", "2", "many") == (
            "CON Between 1 and 99.\nHow many?\n0. Back\n00. Home"
        )
        assert customer.enter("2") == CONFIRM

    def test_back_forgets_what_was_chosen_after_it(self, customer: Customer) -> None:
        customer.dial()
        customer.enter("1", "3", "9", "0", "0")
        assert customer.enter("2", "2") == CONFIRM

    def test_home_begins_anew(self, customer: Customer) -> None:
        customer.dial()
        assert customer.enter("1", "3", "9", "00") == HOME

    def test_a_screen_that_ends_the_session_says_its_word(self, customer: Customer) -> None:
        customer.dial()
        assert customer.enter("3") == "END 8 to 5."

    def test_nothing_to_choose_from_is_said(self, shop: Shop, customer: Customer) -> None:
        shop.goods = []
        customer.dial()
        assert customer.enter("1") == "CON Sold out.\n0. Back"


class TestFrozen:
    def test_a_list_is_chosen_from_as_it_was_seen(self, shop: Shop, customer: Customer) -> None:
        customer.dial()
        customer.enter("1")
        shop.goods.insert(0, ("oil", 100))
        assert customer.enter("2", "2") == CONFIRM

    def test_figures_stay_as_they_were_seen(self, shop: Shop, customer: Customer) -> None:
        customer.dial()
        customer.enter("1", "2", "2")
        shop.goods[1] = ("salt", 99900)
        assert customer.enter("7").startswith("CON Wrong choice. Try again.\nBuy 2 salt: KSh 60")
        assert customer.enter("1", "2580") == BOUGHT
        assert sales() == [SALT]

    def test_a_service_may_ask_for_another_look(self, shop: Shop, customer: Customer) -> None:
        customer.dial()
        customer.enter("1", "2", "2", "1")
        shop.fee_cents = 300
        assert customer.enter("2580") == (
            "CON The fee has changed.\nBuy 2 salt: KSh 60, fee KSh 3\n1. Confirm\n0. Back\n00. Home"
        )
        assert sales() == []
        assert customer.enter("1", "2580") == BOUGHT
        assert sales() == [{**SALT, "fee_cents": 300}]

    def test_a_pin_for_something_else_than_was_seen_shows_it_again(
        self, customer: Customer
    ) -> None:
        customer.dial()
        customer.enter("1", "2", "2", "1")
        redis = get_redis_connection("default")
        key = customer.stored_as
        stored = json.loads(redis.get(key))
        stored["path"][3][2]["cents"] = 1
        redis.set(key, json.dumps(stored))
        shown = customer.enter("2580")
        assert shown.startswith("CON Please answer this again.\nBuy 2 salt: KSh 60, fee KSh 1")
        assert sales() == []

    def test_an_error_on_the_way_to_the_figures_is_told_where_one_stands(
        self, shop: Shop, customer: Customer
    ) -> None:
        customer.dial()
        shop.is_closed = True
        shown = customer.enter("1", "2", "2")
        assert shown == "CON The shop is closed.\nHow many?\n0. Back\n00. Home"

    def test_an_act_that_is_refused_ends_and_leaves_nothing(
        self, shop: Shop, customer: Customer
    ) -> None:
        customer.dial()
        customer.enter("1", "2", "2", "1")
        shop.is_banned = True
        refused = customer.enter("2580")
        assert refused == "END We don't sell to you."
        shop.is_banned = False
        lose(customer)
        assert customer.post() == refused
        assert sales() == []
        assert not Twin.objects.filter(done_at__isnull=False).exists()


class TestLostState:
    def test_an_answer_to_a_list_is_asked_again(self, customer: Customer) -> None:
        customer.dial()
        customer.enter("1")
        lose(customer)
        assert customer.enter("2") == LIST.replace("CON ", "CON Please answer this again.\n")
        assert customer.enter("2", "2") == CONFIRM

    def test_nothing_after_the_list_is_guessed(self, customer: Customer) -> None:
        customer.dial()
        customer.enter("1", "2", "2", "1")
        lose(customer)
        assert customer.enter("2580").startswith("CON Please answer this again.\nWhat?")
        assert sales() == []

    def test_a_pin_that_needs_no_figures_is_certain(self, customer: Customer) -> None:
        customer.dial()
        customer.enter("2")
        lose(customer)
        assert customer.enter("2580").startswith("CON The secret is safe.")

    def test_a_text_that_does_not_continue_accepts_nothing(self, customer: Customer) -> None:
        customer.dial()
        customer.enter("1", "2", "2")
        assert "Please answer this again." in customer.post("1*2*9*1")
        assert sales() == []

    def test_deep_dials_stop_at_the_first_list(self, customer: Customer) -> None:
        customer.session_id, customer.text = "deep", "1*2*2*1*2580"
        assert customer.post().startswith("CON Please answer this again.\nWhat?")

    def test_a_session_of_another_version_of_the_menu_is_read_anew(
        self, customer: Customer
    ) -> None:
        customer.dial()
        customer.enter("2")
        redis = get_redis_connection("default")
        key = customer.stored_as
        redis.set(key, redis.get(key).replace(b'"secret"', b'"gone"'))
        assert customer.enter("2580").startswith("CON The secret is safe.")


class TestTwoBeginnings:
    """Somebody may have joined since the session began: it is not known which menu was seen."""

    @pytest.fixture
    def customer(self, shop: Shop) -> Customer:
        customer, done = Customer(shop), Finish("Done.")
        yard = flow("yard", Menu(prompt=lambda _: "The yard"))
        both = (
            Item("home", "7", "Ring", Do(lambda: done)),
            Item("yard", "7", "Bell", Do(lambda: done)),
        )
        customer.application = replace(
            customer.application,
            tree=(*customer.application.tree, *both),
            flows=(*customer.application.flows, yard),
            roots=lambda _: ("home", "yard"),
            root_names=frozenset({"home", "yard"}),
            is_recent=lambda _: True,
        )
        return customer

    def test_what_can_be_read_in_two_ways_is_asked_again(self, customer: Customer) -> None:
        customer.session_id, customer.text = "two", "7"
        assert customer.post().startswith("CON The shop")
        assert customer.enter("7") == "END Done."

    def test_what_makes_sense_in_one_way_only_is_done(self, customer: Customer) -> None:
        customer.session_id, customer.text = "one", "1*0*7"
        assert customer.post() == "END Done."

    def test_of_old_it_is_known_which_menu_was_seen(self, customer: Customer) -> None:
        customer.application = replace(customer.application, is_recent=lambda _: False)
        customer.session_id, customer.text = "old", "7"
        assert customer.post() == "END Done."


class TestPin:
    def test_a_wrong_pin_is_asked_again_and_counted_once(
        self, shop: Shop, customer: Customer
    ) -> None:
        customer.dial()
        wrong = customer.enter("2", "1111")
        assert wrong == "CON Wrong PIN. Tries left: 2\nEnter PIN\n0. Back"
        assert customer.post() == wrong
        lose(customer)
        assert customer.post() == wrong
        assert shop.pins.tries_left == 2
        assert customer.enter("2580").startswith("CON The secret is safe.")

    def test_a_wrong_pin_that_redis_forgot_is_not_tried_again(
        self, shop: Shop, customer: Customer
    ) -> None:
        customer.dial()
        customer.enter("2", "1111")
        lose(customer)
        assert customer.enter("2580").startswith("CON The secret is safe.")
        assert len(shop.pins.verdicts) == 2

    def test_what_is_no_pin_is_no_try(self, shop: Shop, customer: Customer) -> None:
        customer.dial()
        assert customer.enter("2", "12345").startswith("CON A PIN has 4 digits.")
        assert customer.enter("\N{ARABIC-INDIC DIGIT ONE}" * 4).startswith(
            "CON A PIN has 4 digits."
        )
        assert shop.pins.verdicts == {}

    def test_the_last_wrong_pin_ends(self, customer: Customer) -> None:
        customer.dial()
        customer.enter("2", "1111", "1112")
        assert customer.enter("1113").startswith("END Wrong PIN. For your safety it is locked")

    def test_the_first_pin_is_asked_where_it_is_needed(
        self, shop: Shop, customer: Customer
    ) -> None:
        shop.pins.pin = None
        customer.dial()
        assert customer.enter("2") == "CON Choose a PIN\n0. Back\n00. Home"
        assert customer.enter("1379") == "CON Your PIN is set.\nEnter PIN\n0. Back"
        assert customer.enter("1379").startswith("CON The secret is safe.")

    def test_no_pin_is_kept(self, customer: Customer) -> None:
        customer.dial()
        customer.enter("1", "2", "2", "1", "9753")
        redis = get_redis_connection("default")
        assert b"9753" not in b"".join(redis.dump(key) for key in redis.scan_iter("ussd:*"))


class TestTwice:
    def buy(self, customer: Customer) -> str:
        if customer.dial().startswith("CON Continue"):
            customer.enter("2")
        return customer.enter("1", "2", "2", "1")

    def test_the_same_within_ten_minutes_is_asked_about(self, customer: Customer) -> None:
        with time_machine.travel("2026-11-20T11:02:00Z", tick=False):
            self.buy(customer)
            customer.enter("2580")
            assert self.buy(customer) == "CON Sent at 14:02. Again?\n1. Yes\n0. Back\n00. Home"
            assert customer.enter("1") == ASK_PIN
            assert customer.enter("2580") == BOUGHT
        assert sales() == [SALT, SALT]

    def test_an_answer_is_kept_while_a_gateway_may_repeat_its_request(
        self, customer: Customer
    ) -> None:
        self.buy(customer)
        customer.enter("2580")
        with time_machine.travel(timezone.now() + effects.KEPT - timedelta(minutes=1)):
            assert effects.forget_old() == 0
        with time_machine.travel(timezone.now() + effects.KEPT + timedelta(minutes=1)):
            assert effects.forget_old() > 0
            assert not IdempotentAnswer.objects.filter(scope=effects.SCOPE).exists()

    def test_something_else_is_not(self, customer: Customer) -> None:
        self.buy(customer)
        customer.enter("2580")
        customer.dial()
        assert customer.enter("1", "2", "3", "1") == ASK_PIN

    def test_later_is_not(self, customer: Customer) -> None:
        self.buy(customer)
        customer.enter("2580")
        with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
            assert self.buy(customer) == ASK_PIN
            assert twins.forget_old() == 1

    def test_what_was_done_meanwhile_elsewhere_is_asked_about_too(self, shop: Shop) -> None:
        one, other = Customer(shop), Customer(shop)
        self.buy(one)
        self.buy(other)
        assert one.enter("2580") == BOUGHT
        assert other.enter("2580").startswith("CON Sent at ")
        assert len(sales()) == 1
        assert other.enter("1", "2580") == BOUGHT
        assert len(sales()) == 2

    @pytest.mark.django_db(transaction=True)
    def test_two_sessions_at_the_same_moment_do_not_both_buy(self) -> None:
        def attempt() -> str:
            customer = Customer(Shop(pins=Pins()))
            self.buy(customer)
            return customer.enter("2580")

        answers = at_once(attempt, times=4)
        assert answers.count(BOUGHT) == len(sales()) == 1
        others = {answer[:11] for answer in answers if answer != BOUGHT}
        assert others <= {"CON Sent at", "CON A PIN h", "CON Wrong c"}


class TestPages:
    def test_a_long_text_is_turned_over_and_back(self, customer: Customer) -> None:
        customer.dial()
        first = customer.enter("2", "2580")
        assert first.endswith("\n98. More\n0. Back")
        second = customer.enter("98")
        assert second != first
        assert second.endswith("\n98. More\n0. Back")
        third = customer.enter("98")
        assert "98. More" not in third
        assert customer.enter("98").startswith("CON Wrong choice")
        assert customer.enter("0") == HOME
        whole = " ".join(page.partition("\n98")[0][4:].partition("\n0.")[0] for page in
                         (first, second, third))  # fmt: skip
        assert whole.split() == ("The secret is safe. " * 16).split()

    def test_zero_turns_back_a_page(self, customer: Customer) -> None:
        customer.dial()
        first = customer.enter("2", "2580")
        assert customer.enter("98", "0") == first

    def test_a_long_list_has_pages_and_only_what_is_seen_can_be_chosen(
        self, shop: Shop, customer: Customer
    ) -> None:
        shop.goods = [(f"article number {n}", 100 * n) for n in range(1, 13)]
        customer.dial()
        assert "4. article number 4" in customer.enter("1")
        assert customer.enter("9").startswith("CON Wrong choice. Try again.\nWhat?")
        shown = customer.enter("98")
        assert "7. article number 7 KSh 7" in shown
        assert "4. article" not in shown
        assert customer.enter("7") == "CON How many?\n0. Back\n00. Home"

    def test_a_line_that_not_everybody_sees_is_no_key_for_the_others(
        self, shop: Shop, customer: Customer
    ) -> None:
        customer.dial()
        assert customer.enter("4").startswith("CON Wrong choice")
        shop.is_closed = True
        assert "4. Back door" in customer.enter("5")
        assert customer.enter("4").startswith("END ")
