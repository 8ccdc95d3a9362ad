"""Money in and out over HTTP: once for each key, confirmed by a PIN, and one's own only."""

from typing import Any
from uuid import uuid4

import pytest

from payments.deposits.models import Deposit
from payments.withdrawals.models import Withdrawal
from tests.factories import mpesa, safaricom
from tests.factories.callers import Caller, json_of, signed_in
from tests.factories.phones import choose_pin
from tests.factories.safaricom import PAYOUT, PUSH, Safaricom, payout_result, post, push_result
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
PIN = "4071"


@pytest.fixture
def mpesa_answers(settings: Any) -> Any:
    with safaricom.serving() as server:
        mpesa.use(settings, **mpesa.account(server.url))
        yield server


@pytest.fixture
def wanjiku() -> Member:
    member = mpesa.member_with(phone="+254712345678", name="Wanjiku")
    choose_pin(member, PIN)
    mpesa.put_in(member, 1_000_00)
    return member


def _pin_token(caller: Caller, operation: str = "withdrawal") -> str:
    answer = caller.post("auth/pin/verify", {"pin": PIN, "operation": operation})
    return str(json_of(answer)["pin_token"])


class TestADeposit:
    def test_is_asked_for_paid_and_shown(self, wanjiku: Member, mpesa_answers: Safaricom) -> None:
        caller = signed_in(wanjiku)
        answer = caller.post("wallet/deposits", {"amount_cents": 500_50}, Idempotency_Key="one")
        asked = json_of(answer)
        assert (answer.status_code, asked["state"], asked["amount_cents"]) == (
            202,
            "REQUESTED",
            501_00,
        )
        mpesa.work()
        (pushed,) = mpesa_answers.asked(PUSH)
        post(pushed["CallBackURL"], push_result(pushed))
        mpesa.work()
        shown = json_of(caller.get(f"wallet/deposits/{asked['id']}"))
        assert (shown["state"], shown["receipt"]) == ("PAID", "UKL1A2B3C4")
        assert json_of(caller.get("wallet/deposits"))["items"] == [shown]
        assert json_of(caller.get("wallet"))["available_cents"] == 1_501_00

    def test_with_the_same_key_is_the_same(self, wanjiku: Member, mpesa_answers: Safaricom) -> None:
        caller, body = signed_in(wanjiku), {"amount_cents": 500_00}
        first = caller.post("wallet/deposits", body, Idempotency_Key="one")
        mpesa.work()
        again = caller.post("wallet/deposits", body, Idempotency_Key="one")
        assert again.content == first.content
        other = caller.post("wallet/deposits", {"amount_cents": 1_00}, Idempotency_Key="one")
        assert other.status_code == 422
        assert Deposit.objects.count() == 1

    def test_that_is_open_hinders_the_next(self, wanjiku: Member, mpesa_answers: Safaricom) -> None:
        caller = signed_in(wanjiku)
        caller.post("wallet/deposits", {"amount_cents": 500_00}, Idempotency_Key="one")
        answer = caller.post("wallet/deposits", {"amount_cents": 1_00}, Idempotency_Key="two")
        assert (answer.status_code, json_of(answer)["code"]) == (409, "deposit.prompt_open")

    def test_is_cancelled_by_its_owner_alone(
        self, wanjiku: Member, mpesa_answers: Safaricom
    ) -> None:
        caller, other = signed_in(wanjiku), signed_in(mpesa.member_with())
        asked = json_of(
            caller.post("wallet/deposits", {"amount_cents": 500_00}, Idempotency_Key="one")
        )
        path = f"wallet/deposits/{asked['id']}"
        assert other.get(path).status_code == 404
        assert other.post(f"{path}/cancel", {}).status_code == 404
        assert json_of(caller.post(f"{path}/cancel", {}))["state"] == "CANCELLED"
        assert json_of(other.get("wallet/deposits"))["items"] == []

    @pytest.mark.parametrize("amount", [0, -1, 1.5, "500", None, 250_000_01, 10**30])
    def test_of_no_amount_is_refused(
        self, wanjiku: Member, mpesa_answers: Safaricom, amount: Any
    ) -> None:
        body = {"amount_cents": amount}
        answer = signed_in(wanjiku).post("wallet/deposits", body, Idempotency_Key="one")
        assert answer.status_code == 400
        assert not Deposit.objects.exists()


class TestAWithdrawal:
    def test_is_quoted_confirmed_paid_and_shown(
        self, wanjiku: Member, mpesa_answers: Safaricom
    ) -> None:
        caller = signed_in(wanjiku)
        quote = json_of(caller.get("wallet/withdrawals/quote?amount_cents=50075"))
        assert (quote["amount_cents"], quote["total_cents"]) == (500_00, 505_00)
        answer = caller.post(
            "wallet/withdrawals",
            {"amount_cents": 500_75},
            Idempotency_Key="one",
            X_Pin_Token=_pin_token(caller),
        )
        asked = json_of(answer)
        assert (answer.status_code, asked["state"]) == (202, "RESERVED")
        assert {name: asked[name] for name in quote} == quote
        assert json_of(caller.get("wallet"))["available_cents"] == 495_00
        mpesa.work()
        (ordered,) = mpesa_answers.asked(PAYOUT)
        post(ordered["ResultURL"], payout_result(ordered))
        mpesa.work()
        shown = json_of(caller.get(f"wallet/withdrawals/{asked['id']}"))
        assert (shown["state"], shown["receipt"]) == ("PAID", "UKL5D6E7F8")
        assert json_of(caller.get("wallet/withdrawals"))["items"] == [shown]
        other = signed_in(mpesa.member_with())
        assert other.get(f"wallet/withdrawals/{asked['id']}").status_code == 404

    def test_costs_what_was_quoted_or_does_not_happen(
        self, wanjiku: Member, mpesa_answers: Safaricom
    ) -> None:
        caller, told = signed_in(wanjiku), []
        for total_cents in (504_99, 505_00):
            answer = caller.post(
                "wallet/withdrawals",
                {"amount_cents": 500_00, "total_cents": total_cents},
                Idempotency_Key=f"at-{total_cents}",
                X_Pin_Token=_pin_token(caller),
            )
            told.append((answer.status_code, json_of(answer).get("code")))
        assert told == [(409, "withdrawal.fee_changed"), (202, None)]
        assert json_of(caller.get("wallet"))["available_cents"] == 495_00

    def test_takes_a_pin_token_of_its_own_once(
        self, wanjiku: Member, mpesa_answers: Safaricom
    ) -> None:
        caller, body = signed_in(wanjiku), {"amount_cents": 100_00}
        for token in ("", "ncp_wrong", _pin_token(caller, "transfer")):
            answer = caller.post(
                "wallet/withdrawals", body, Idempotency_Key="one", X_Pin_Token=token
            )
            assert (answer.status_code, json_of(answer)["code"]) == (403, "pin_token.refused")
        token = _pin_token(caller)
        first = caller.post("wallet/withdrawals", body, Idempotency_Key="one", X_Pin_Token=token)
        again = caller.post("wallet/withdrawals", body, Idempotency_Key="one", X_Pin_Token=token)
        assert (first.status_code, again.content) == (202, first.content)
        spent = caller.post("wallet/withdrawals", body, Idempotency_Key="two", X_Pin_Token=token)
        assert spent.status_code == 403
        assert Withdrawal.objects.count() == 1

    def test_of_more_than_there_is_is_refused_and_nothing_moves(
        self, wanjiku: Member, mpesa_answers: Safaricom
    ) -> None:
        caller = signed_in(wanjiku)
        answer = caller.post(
            "wallet/withdrawals",
            {"amount_cents": 1_000_00},
            Idempotency_Key=str(uuid4()),
            X_Pin_Token=_pin_token(caller),
        )
        assert (answer.status_code, json_of(answer)["code"]) == (409, "withdrawal.not_enough")
        assert json_of(caller.get("wallet"))["available_cents"] == 1_000_00
