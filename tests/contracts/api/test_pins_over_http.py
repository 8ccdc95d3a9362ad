"""The PIN over HTTP: chosen, changed, shown for one operation, locked."""

from typing import Any

import pytest

from tests.contracts.api.spending import Spend
from tests.factories.callers import Caller, json_of, signed_in
from tests.factories.members import MemberFactory
from tests.factories.phones import choose_pin, receive_money, sent_code
from workers.identity.codes.purposes import Purpose
from workers.identity.tokens.models import PinToken

pytestmark = pytest.mark.django_db


def member(**more: Any) -> Caller:
    return signed_in(MemberFactory.create(phone="+254712345678", **more))


def verify(caller: Caller, pin: str, operation: str = "transfer") -> Any:
    return caller.post("auth/pin/verify", {"pin": pin, "operation": operation})


class TestChoosing:
    def test_sets_a_first_pin_once(self) -> None:
        wanjiku = member()
        assert wanjiku.post("auth/pin", {"pin": "4071"}).status_code == 204
        assert json_of(wanjiku.get("me"))["has_pin"] is True
        assert json_of(wanjiku.post("auth/pin", {"pin": "5093"}))["code"] == "pin.exists"

    @pytest.mark.parametrize(
        ("pin", "code"),
        [("1234", "pin.weak"), ("3456", "pin.weak"), ("40", "pin.not_four_digits")],
    )
    def test_refuses_what_is_guessed_first(self, pin: str, code: str) -> None:
        answer = member().post("auth/pin", {"pin": pin})
        assert (answer.status_code, json_of(answer)["code"]) == (400, code)

    def test_takes_a_code_once_money_has_come(self) -> None:
        wanjiku = member()
        assert wanjiku.member is not None
        receive_money(wanjiku.member)
        answer = wanjiku.post("auth/pin", {"pin": "4071"})
        assert (answer.status_code, json_of(answer)["code"]) == (409, "pin.code_needed")
        code = sent_code(wanjiku.member.phone, Purpose.SET_PIN)
        assert wanjiku.post("auth/pin", {"pin": "4071", "code": code}).status_code == 204

    def test_changes_it_with_the_old_one(self) -> None:
        wanjiku = member()
        wanjiku.post("auth/pin", {"pin": "4071"})
        wrong = wanjiku.post("auth/pin", {"pin": "5093", "old_pin": "7777"})
        assert (wrong.status_code, json_of(wrong)["code"]) == (403, "pin.wrong")
        assert json_of(wrong)["tries_left"] == 2
        assert wanjiku.post("auth/pin", {"pin": "5093", "old_pin": "4071"}).status_code == 204
        assert verify(wanjiku, "5093").status_code == 200


class TestShowing:
    def test_gives_a_token_for_the_operation(self) -> None:
        wanjiku = member()
        choose_pin(wanjiku.member, "4071")  # type: ignore[arg-type]
        answer = json_of(verify(wanjiku, "4071"))
        assert set(answer) == {"pin_token", "operation", "expires_at"}
        assert answer["operation"] == "transfer"

    def test_locks_after_three_wrong_ones_and_says_until_when(self) -> None:
        wanjiku = member()
        choose_pin(wanjiku.member, "4071")  # type: ignore[arg-type]
        answers = [verify(wanjiku, "5093") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [403, 403, 429, 429]
        assert [json_of(answer).get("tries_left") for answer in answers] == [2, 1, None, None]
        assert json_of(answers[2])["code"] == "pin.locked"
        assert 0 < int(answers[2].headers["Retry-After"]) <= 15 * 60 + 1
        assert verify(wanjiku, "4071").status_code == 429

    def test_without_a_pin_says_so(self) -> None:
        answer = verify(member(), "4071")
        assert (answer.status_code, json_of(answer)["code"]) == (409, "pin.none")

    def test_a_new_one_is_asked_for_by_a_code(self) -> None:
        wanjiku = member()
        choose_pin(wanjiku.member, "4071")  # type: ignore[arg-type]
        code = sent_code("+254712345678", Purpose.RESET_PIN)
        assert wanjiku.post("auth/pin/reset", {"code": code}).status_code == 202
        again = wanjiku.post("auth/pin/reset", {"code": code})
        assert json_of(again)["code"] == "code.refused"


class TestAPinToken:
    @pytest.fixture(autouse=True)
    def spending(self, settings: Any) -> None:
        Spend.spent.clear()
        settings.ROOT_URLCONF = "tests.contracts.api.spending"

    def spend(self, caller: Caller, token: str, key: str = "k") -> Any:
        return caller.post("spend", {}, X_Pin_Token=token, Idempotency_Key=key)

    def token(self, caller: Caller, operation: str = "spend") -> str:
        return str(json_of(verify(caller, "4071", operation))["pin_token"])

    def test_confirms_one_operation_once_and_a_repetition_needs_none(self) -> None:
        wanjiku = member()
        choose_pin(wanjiku.member, "4071")  # type: ignore[arg-type]
        token = self.token(wanjiku)
        first = self.spend(wanjiku, token)
        assert first.status_code == 201
        again = self.spend(wanjiku, token)
        assert (again.status_code, again.content) == (201, first.content)
        other = self.spend(wanjiku, token, key="another")
        assert (other.status_code, json_of(other)["code"]) == (403, "pin_token.refused")
        assert len(Spend.spent) == 1

    def test_is_good_for_its_own_operation_session_and_member_only(self) -> None:
        wanjiku = member()
        choose_pin(wanjiku.member, "4071")  # type: ignore[arg-type]
        other_device = signed_in(wanjiku.member)  # type: ignore[arg-type]
        other_member = signed_in(MemberFactory.create())
        token = self.token(wanjiku)
        refused = [
            self.spend(wanjiku, self.token(wanjiku, "withdrawal")),
            self.spend(other_device, token),
            self.spend(other_member, token),
            self.spend(wanjiku, ""),
            self.spend(wanjiku, "ncp_nothing"),
        ]
        assert {answer.status_code for answer in refused} == {403}
        assert Spend.spent == []
        assert self.spend(wanjiku, token).status_code == 201

    def test_that_was_refused_leaves_the_key_free_and_the_token_good(self) -> None:
        wanjiku = member()
        choose_pin(wanjiku.member, "4071")  # type: ignore[arg-type]
        assert self.spend(wanjiku, "ncp_nothing").status_code == 403
        assert PinToken.objects.filter(used_at__isnull=False).count() == 0
        assert self.spend(wanjiku, self.token(wanjiku)).status_code == 201
