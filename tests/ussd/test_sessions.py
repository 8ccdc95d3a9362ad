"""Sessions, from outside: what a caller sees, whatever gateway, network and Redis do."""

import json
from collections import Counter

import pytest
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django_redis import get_redis_connection
from redis.exceptions import ConnectionError as RedisConnectionError

from nannychain.idempotency.models import IdempotentAnswer
from nannychain.notifications.models import Sms
from tests.factories.threads import at_once
from tests.ussd.phone import Phone
from ussd.engine import store
from ussd.engine.session import Session
from workers.identity import services as identity
from workers.identity.models import Consent, Member

pytestmark = pytest.mark.django_db

WELCOME = "CON Welcome to NannyChain\n1. Create account\n2. Sign in\n3. Exit\n4. Kiswahili"


def break_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RedisConnectionError("refused")

    monkeypatch.setattr(store, "_script", lambda _: refuse)


class TestReplay:
    def test_the_same_text_gets_the_same_answer(self, phone: Phone) -> None:
        phone.dial()
        first = phone.enter("1")
        assert phone.post() == first

    def test_an_effect_is_not_repeated(self, phone: Phone) -> None:
        phone.dial()
        first = phone.enter("1", "0712345678")
        assert first.startswith("END Account created. Worker ID: NW-")
        assert phone.post() == first
        assert Member.objects.count() == Sms.objects.count() == Consent.objects.count() == 1

    def test_an_effect_is_answered_the_same_after_redis_lost_the_session(
        self, phone: Phone
    ) -> None:
        phone.dial()
        first = phone.enter("1", "1")
        phone.lose_session()
        assert phone.post() == first

    def test_an_effect_is_answered_the_same_while_redis_is_away(
        self, phone: Phone, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        break_redis(monkeypatch)
        phone.dial()
        first = phone.enter("1", "1")
        assert first.startswith("END Account created")
        assert phone.post() == first
        assert Member.objects.count() == 1

    def test_a_shorter_text_gets_the_last_answer(self, phone: Phone) -> None:
        phone.dial()
        last = phone.enter("1", "9")
        assert phone.post(text="1") == last
        assert phone.post(text="") == last

    def test_more_input_after_the_end_asks_to_dial_again(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1", "1")
        over = "END This session has ended. Please dial again."
        assert phone.enter("5") == over
        phone.lose_session()
        assert phone.enter("5") == over
        assert Member.objects.count() == 1


class TestInput:
    def test_a_star_that_was_typed_belongs_to_the_input(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1")
        assert "not a Kenyan" in phone.enter("2*1")
        assert phone.enter("1").startswith("END Account created")

    def test_an_empty_input_is_asked_again(self, phone: Phone) -> None:
        phone.dial()
        assert phone.enter("1", "").startswith("CON That is not a Kenyan mobile number.")

    def test_a_wrong_choice_is_asked_again_with_a_hint(self, phone: Phone) -> None:
        phone.dial()
        shown = phone.enter("7")
        assert shown == WELCOME.replace("CON ", "CON Wrong choice. Try again.\n")

    @pytest.mark.parametrize("typed", ["00", "98", "01", "1 ", "\N{ARABIC-INDIC DIGIT ONE}"])
    def test_keys_that_a_screen_does_not_show_do_nothing(self, phone: Phone, typed: str) -> None:
        phone.dial()
        assert phone.enter(typed).startswith("CON Wrong choice")

    def test_zero_leaves_from_the_first_screen(self, phone: Phone) -> None:
        phone.dial()
        assert phone.enter("0") == "END Thank you for using NannyChain."

    def test_a_text_that_does_not_continue_has_no_effect(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("2", "9", "0", "1")
        # the network lost or altered a hop: what was typed last would join
        assert phone.post(text="2*8*0*1*1").startswith("CON By joining")
        assert not Member.objects.exists()


class TestForeign:
    @pytest.mark.parametrize(
        "changes", [{"phoneNumber": "+254722000111"}, {"serviceCode": "*384*1#"}]
    )
    @pytest.mark.parametrize("is_lost", [False, True])
    def test_a_session_that_changes_hands_is_refused(
        self, phone: Phone, changes: dict[str, str], is_lost: bool
    ) -> None:
        phone.dial()
        mine = phone.enter("1", "1")
        if is_lost:
            phone.lose_session()
        foreign = phone.post(**changes)
        assert foreign == "END This session belongs to another phone. Please dial again."
        assert phone.post() == mine
        assert Member.objects.count() == 1


class TestRebuild:
    def test_a_lost_session_goes_on_from_its_text(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("4", "9")
        phone.lose_session()
        assert phone.enter("1").startswith("CON Kwa kujiunga")

    def test_a_lost_session_joins_once(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("4", "1")
        phone.lose_session()
        shown = phone.enter("0712 345 678")
        assert shown.startswith("END Akaunti imefunguliwa. Worker ID: NW-")
        assert Member.objects.get().language == "sw"

    def test_a_single_post_with_the_whole_text_joins(self, phone: Phone) -> None:
        phone.text = "1*254712345678"
        assert phone.post().startswith("END Account created. Worker ID: NW-")

    def test_the_same_post_in_a_new_session_finds_the_account(self, phone: Phone) -> None:
        account = identity.create_account(phone.number, channel="ussd")
        phone.text = "1*254712345678"
        expected = f"END You already have an account. Worker ID: {account.member.worker_id}"
        assert phone.post() == expected
        assert Member.objects.count() == 1

    def test_somebody_who_joined_meanwhile_is_told_so(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1")
        account = identity.create_account(phone.number, channel="rest")
        phone.lose_session()
        assert phone.enter("1").endswith(account.member.worker_id)

    def test_a_hop_that_was_not_stored_is_made_up_for(
        self, phone: Phone, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        phone.dial()
        with monkeypatch.context() as patch:
            break_redis(patch)
            assert phone.enter("1").startswith("CON By joining")
        store.breaker.close()
        assert phone.enter("1").startswith("END Account created")

    def test_several_inputs_at_once_in_a_menu_are_read_one_by_one(self, phone: Phone) -> None:
        phone.dial()
        assert phone.enter("1*254712345678").startswith("END Account created")

    def test_several_inputs_of_which_one_is_wrong_have_no_effect(self, phone: Phone) -> None:
        phone.dial()
        assert phone.enter("9*1*1").startswith("CON By joining")
        assert not Member.objects.exists()

    def test_no_effect_happens_in_the_middle_of_a_text(self, phone: Phone) -> None:
        phone.text = "1*1*1"
        assert phone.post().startswith("CON By joining")
        assert not Member.objects.exists()

    def test_a_language_that_was_chosen_before_the_loss_stays(self, phone: Phone) -> None:
        identity.create_account(phone.number, channel="ussd")
        phone.dial()
        assert phone.enter("9", "2").startswith("CON NW-")
        phone.lose_session()
        assert phone.enter("11").startswith("CON Piga simu")
        assert IdempotentAnswer.objects.filter(scope="ussd").count() == 1

    def test_a_text_without_end_is_refused(self, phone: Phone) -> None:
        phone.text = "*".join(["9"] * 300)
        assert phone.post() == "END This session has ended. Please dial again."


class TestHowMuch:
    """A session takes sixty inputs, with Redis and without, one at a time and all at once."""

    OVER = "END This session has ended. Please dial again."

    def test_a_session_that_goes_on_ends_after_sixty(self, phone: Phone) -> None:
        phone.dial()
        assert phone.enter(*["7"] * 60).startswith("CON Wrong choice")
        assert phone.enter("7") == self.OVER
        assert phone.enter("1") == self.OVER

    def test_it_ends_at_the_same_input_where_redis_has_lost_it(self, phone: Phone) -> None:
        phone.dial()
        phone.enter(*["7"] * 59)
        phone.lose_session()
        assert phone.enter("7").startswith("CON Wrong choice")
        phone.lose_session()
        assert phone.enter("1") == self.OVER

    def test_an_effect_on_the_way_counts_no_less(self, phone: Phone) -> None:
        identity.create_account(phone.number, channel="test")
        phone.dial()
        phone.enter(*["13"] * 57)
        assert phone.enter("9", "2").startswith("CON N")
        phone.lose_session()
        assert phone.enter("13").startswith("CON Chaguo si sahihi")
        phone.lose_session()
        assert phone.enter("13").startswith("END ")


class TestWhatIsKept:
    def test_the_session_is_json_with_a_time_to_live(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1")
        redis = get_redis_connection("default")
        key = f"ussd:session:{phone.session_id}"
        assert redis.get(key).startswith(b'{"version":3,')
        assert 170 < redis.ttl(key) <= 180

    def test_nothing_that_was_typed_is_kept(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1", "7391-secret")
        redis = get_redis_connection("default")
        stored = [redis.dump(key) for key in redis.scan_iter("ussd:*")]
        assert stored
        assert not any(b"7391" in value for value in stored)

    def test_nothing_private_is_kept_of_a_member(self, phone: Phone) -> None:
        identity.create_account(phone.number, name="Wanjiku Kamau", channel="test")
        phone.dial()
        assert "Wanjiku" in phone.enter("8")
        redis = get_redis_connection("default")
        stored = json.loads(redis.get(f"ussd:session:{phone.session_id}"))
        stored.pop("reply")  # what is on the phone anyway, for the length of a session
        assert "Wanjiku" not in str(stored)

    def test_a_damaged_state_is_rebuilt(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1")
        redis = get_redis_connection("default")
        for damaged in (b"", b"{", b"[]", b"null", b'{"version":0}', b'{"version":3}', b"\xff"):
            redis.set(f"ussd:session:{phone.session_id}", damaged)
            assert phone.enter("9").startswith("CON That is not a Kenyan")


class TestTrouble:
    def test_a_database_that_fails_is_told_and_nothing_is_stored(
        self, phone: Phone, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        phone.dial()

        def broken(*_: object, **__: object) -> None:
            raise OperationalError("gone")

        with monkeypatch.context() as patch:
            patch.setattr(CursorWrapper, "execute", broken)
            assert phone.enter("2").startswith("END NannyChain can't answer right now.")
        assert phone.post().startswith("CON Enter your phone number")

    def test_trouble_is_told_in_the_callers_language(
        self, phone: Phone, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("a fault of ours")

        phone.dial()
        phone.enter("4")
        with monkeypatch.context() as patch:
            patch.setattr(CursorWrapper, "execute", broken)
            assert phone.enter("2").startswith("END NannyChain haipatikani kwa sasa.")

    def test_without_redis_the_menus_go_on(
        self, phone: Phone, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        break_redis(monkeypatch)
        assert phone.dial() == WELCOME
        assert phone.enter("4", "1", "9", "0").startswith("CON Karibu NannyChain")


class TestLock:
    def test_a_hop_that_held_on_too_long_does_not_overwrite_what_came_after(
        self, phone: Phone
    ) -> None:
        redis = get_redis_connection("default")
        with store.hold(phone.hop()) as slow:
            redis.delete(f"ussd:lock:{phone.session_id}")  # its time ran out
            shown = phone.post()
            later = redis.get(f"ussd:session:{phone.session_id}")
            redis.set(f"ussd:lock:{phone.session_id}", "of a third hop", ex=8)
            slow.session = Session.from_json(later.replace(b"Welcome", b"Overwritten"))
        assert redis.get(f"ussd:session:{phone.session_id}") == later
        assert redis.get(f"ussd:lock:{phone.session_id}") == b"of a third hop"
        redis.delete(f"ussd:lock:{phone.session_id}")
        assert phone.post() == shown

    def test_a_busy_session_repeats_what_an_effect_was_answered(
        self, phone: Phone, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        phone.dial()
        shown = phone.enter("1", "1")
        monkeypatch.setattr(store, "_WAIT_SECONDS_MAX", 0.05)
        redis = get_redis_connection("default")
        redis.set(f"ussd:lock:{phone.session_id}", "of somebody else", ex=8)
        assert phone.post() == shown
        assert phone.enter("7").startswith("END Your last answer is still being worked on")


class TestAtOnce:
    @pytest.mark.django_db(transaction=True)
    def test_doubled_posts_in_flight_get_one_answer(self, phone: Phone) -> None:
        phone.dial()
        phone.enter("1")
        phone.text = "1*1"
        answers = set(at_once(phone.post, times=16))
        assert len(answers) == 1
        assert answers.pop().startswith("END Account created")
        assert Member.objects.count() == Sms.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_doubled_posts_in_flight_get_one_answer_without_redis(
        self, phone: Phone, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        break_redis(monkeypatch)
        phone.text = "1*1"
        answers = set(at_once(phone.post, times=16))
        assert len(answers) == 1
        assert Member.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_many_sessions_of_one_phone_make_one_account(self) -> None:
        answers = at_once(lambda: Phone(text="1*1").post(), times=24)
        assert Counter(answer[:15] for answer in answers) == {
            "END Account cre": 1,
            "END You already": 23,
        }
        assert len({answer[-11:] for answer in answers}) == 1
