"""Codes by SMS: used once, for five minutes and five tries, alike for members and strangers."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nannychain import keyed
from nannychain.errors import TooOften
from nannychain.notifications.models import Sms
from nannychain.phone import InvalidPhone
from tests.factories.members import MemberFactory
from tests.factories.phones import last_code, let_pass, other_than, sent_code
from workers.identity.codes import limits, services
from workers.identity.codes.models import Code, Tally
from workers.identity.codes.purposes import Purpose

pytestmark = pytest.mark.django_db
PHONE = "+254712345678"


def check(code: str, *, purpose: Purpose = Purpose.PROVE_PHONE, **more: str) -> None:
    services.check(more.pop("phone", PHONE), purpose=purpose, code=code, **more)


def is_refused(code: str, **more: str) -> bool:
    try:
        check(code, **more)  # type: ignore[arg-type]
    except services.Refused:
        return True
    return False


class TestSending:
    def test_six_digits_go_out_in_an_urgent_secret_sms(self) -> None:
        code = sent_code(PHONE)

        sms = Sms.objects.get()
        assert (len(code), sms.kind, sms.text, sms.is_urgent) == (6, "code", "", True)

    @pytest.mark.parametrize("language", ["en", "sw"])
    @pytest.mark.parametrize("purpose", list(Purpose))
    def test_each_purpose_has_a_text_that_fits_one_sms(
        self, purpose: Purpose, language: str
    ) -> None:
        services.send(PHONE, purpose=purpose, language=language)

        assert Sms.objects.get().parts == 1
        assert last_code(PHONE).isdigit()

    def test_any_usual_spelling_of_the_phone_will_do(self) -> None:
        services.send("0712 345 678", purpose=Purpose.JOIN, language="en")

        check(last_code(PHONE), phone="254712345678", purpose=Purpose.JOIN)

    def test_a_phone_that_is_none_is_refused(self) -> None:
        with pytest.raises(InvalidPhone):
            services.send("12345", purpose=Purpose.JOIN, language="en")

    def test_the_code_is_kept_as_a_keyed_hash_that_another_pepper_does_not_make(
        self, settings
    ) -> None:
        code = sent_code(PHONE)
        stored = bytes(Code.objects.get().digest)

        assert stored == keyed.peppered("code", PHONE, "PROVE_PHONE", code)
        settings.PIN_PEPPER = "another"
        assert stored != keyed.peppered("code", PHONE, "PROVE_PHONE", code)


class TestChecking:
    def test_the_right_code_is_taken_once(self) -> None:
        code = sent_code(PHONE)

        check(code)

        assert is_refused(code)

    def test_spaces_do_not_count(self) -> None:
        code = sent_code(PHONE)

        check(f" {code[:3]} {code[3:]} ")

    @pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\x00"])
    def test_what_is_no_code_is_refused(self, typed: str) -> None:
        sent_code(PHONE)

        assert is_refused(typed)

    def test_a_code_dies_after_five_minutes(self) -> None:
        code = sent_code(PHONE)
        let_pass(minutes=5)

        assert is_refused(code)

    def test_it_lives_for_almost_five_minutes(self) -> None:
        code = sent_code(PHONE)
        Code.objects.update(expires_at=timezone.now() + timedelta(seconds=5))

        check(code)

    def test_five_wrong_tries_kill_it(self) -> None:
        code = sent_code(PHONE)
        assert all(is_refused(other_than(code)) for _ in range(services.TRIES))

        assert is_refused(code)

    def test_four_wrong_tries_do_not(self) -> None:
        code = sent_code(PHONE)
        assert all(is_refused(other_than(code)) for _ in range(services.TRIES - 1))

        check(code)

    def test_a_new_code_kills_the_one_before(self) -> None:
        first = sent_code(PHONE)
        second = sent_code(PHONE)

        assert first == second or is_refused(first)
        check(second)

    def test_a_new_code_has_five_tries_again(self) -> None:
        code = sent_code(PHONE)
        for _ in range(services.TRIES):
            is_refused(other_than(code))

        check(sent_code(PHONE))

    def test_codes_of_two_purposes_live_side_by_side(self) -> None:
        join = sent_code(PHONE, Purpose.JOIN)
        prove = sent_code(PHONE)

        check(join, purpose=Purpose.JOIN)
        check(prove)

    def test_a_code_is_of_no_use_for_another_purpose_or_phone(self) -> None:
        code = sent_code(PHONE, Purpose.JOIN)
        sent_code("+254722000111", Purpose.JOIN)

        assert is_refused(code)
        assert code == last_code("+254722000111") or is_refused(
            code, phone="+254722000111", purpose=Purpose.JOIN
        )
        check(code, purpose=Purpose.JOIN)

    def test_within_a_transaction_a_wrong_code_is_told_and_counted(self) -> None:
        code = sent_code(PHONE)

        with transaction.atomic():
            assert not services.matches(PHONE, purpose=Purpose.PROVE_PHONE, code=other_than(code))

        assert Code.objects.get().tries_left == services.TRIES - 1


class TestLimits:
    def test_a_phone_gets_three_codes_in_ten_minutes(self) -> None:
        for _ in range(3):
            sent_code(PHONE)

        with pytest.raises(TooOften) as caught:
            sent_code(PHONE)
        assert 0 < caught.value.retry_after_seconds <= 601
        assert Sms.objects.count() == 3
        let_pass(minutes=10)
        sent_code(PHONE)

    def test_a_phone_gets_ten_codes_in_a_day(self) -> None:
        for _ in range(10):
            sent_code(PHONE)
            Tally.objects.filter(name=limits.SENDING_TO_PHONE[0].name).delete()

        with pytest.raises(TooOften):
            sent_code(PHONE)

    def test_one_address_does_not_register_the_whole_country(self) -> None:
        def ask(number: int, address: str) -> None:
            services.send(
                f"+2547{number:08d}", purpose=Purpose.PROVE_PHONE, language="en", address=address
            )

        for number in range(20):
            ask(number, "192.0.2.1")

        with pytest.raises(TooOften):
            ask(20, "192.0.2.1")
        ask(20, "192.0.2.2")
        assert Sms.objects.count() == 21

    def test_an_address_that_guesses_over_many_numbers_is_stopped(self) -> None:
        most = limits.WRONG_FROM_ADDRESS[0].most
        for number in range(most):
            assert is_refused("000000", phone=f"+2547{number:08d}", address="192.0.2.1")

        with pytest.raises(TooOften):
            check("000000", phone="+254799999999", address="192.0.2.1")

    def test_a_number_that_many_addresses_guess_at_is_stopped(self) -> None:
        most = limits.WRONG_FOR_PHONE[0].most
        for number in range(most):
            assert is_refused("000000", address=f"192.0.2.{number}")

        with pytest.raises(TooOften):
            check("000000", address="198.51.100.1")

    def test_right_codes_are_not_counted_against_anybody(self) -> None:
        for number in range(limits.WRONG_FROM_ADDRESS[0].most + 1):
            phone = f"+2547{number:08d}"
            check(sent_code(phone), phone=phone, address="192.0.2.1")

        assert not Tally.objects.filter(name__startswith="wrong", count__gt=0).exists()

    def test_what_was_refused_for_its_number_counts_nowhere(self) -> None:
        for _ in range(3):
            sent_code(PHONE)
        with pytest.raises(TooOften):
            services.send(PHONE, purpose=Purpose.JOIN, language="en", address="192.0.2.1")

        assert not Tally.objects.filter(name__contains="an address").exists()

    def test_numbers_and_addresses_are_counted_without_being_named(self) -> None:
        services.send(PHONE, purpose=Purpose.JOIN, language="en", address="192.0.2.1")

        kept = "".join(str(row) for row in Tally.objects.values_list("name", "key"))
        assert PHONE not in kept
        assert "192.0.2.1" not in kept

    def test_old_counts_and_codes_are_forgotten(self) -> None:
        sent_code(PHONE)
        let_pass(minutes=3 * 24 * 60)

        assert services.forget_old() == 1
        assert not Tally.objects.exists()


class TestNothingTellsWhoIsAMember:
    def test_sending_and_checking_do_the_same_work_for_members_and_strangers(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashes: list[str] = []
        digest = keyed.peppered

        def counted(purpose: str, *parts: str) -> bytes:
            hashes.append(purpose)
            return digest(purpose, *parts)

        monkeypatch.setattr(keyed, "peppered", counted)
        MemberFactory.create(phone=PHONE)
        work = []
        for phone in (PHONE, "+254722000111"):
            hashes.clear()
            with CaptureQueriesContext(connection) as queries:
                services.send(phone, purpose=Purpose.PROVE_PHONE, language="en")
                is_refused(other_than(last_code(phone)), phone=phone)
            work.append((len(queries), list(hashes)))

        assert work[0] == work[1]

    def test_checking_does_the_same_work_whether_or_not_a_code_was_sent(self) -> None:
        code = sent_code(PHONE)
        counts = []
        for phone in (PHONE, "+254722000111"):
            with CaptureQueriesContext(connection) as queries:
                assert is_refused(other_than(code), phone=phone)
            counts.append(len(queries))

        assert counts[0] == counts[1]
