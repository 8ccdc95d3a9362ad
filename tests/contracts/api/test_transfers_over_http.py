"""Money between members over HTTP: whom, how much, once for each key, confirmed by a PIN."""

from typing import Any

import pytest

from payments.transfers.models import Transfer
from tests.factories import money
from tests.factories.callers import Caller, json_of, signed_in
from tests.factories.phones import choose_pin
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
PIN = "4071"


@pytest.fixture
def wanjiku() -> Member:
    member = money.member(phone="0712000111", name="Wanjiku Kamau", phone_proved=True)
    choose_pin(member, PIN)
    money.put_in(member, 3_000_00)
    return member


@pytest.fixture
def juma() -> Member:
    return money.member(phone="0722000222", name="Juma Otieno")


def _pin_token(caller: Caller) -> str:
    answer = caller.post("auth/pin/verify", {"pin": PIN, "operation": "transfer"})
    return str(json_of(answer)["pin_token"])


def _send(caller: Caller, *, key: str = "one", token: str | None = None, **body: Any) -> Any:
    body = {"to": "0722 000 222", "amount_cents": 250_00, **body}
    token = _pin_token(caller) if token is None else token
    return caller.post("wallet/transfers", body, Idempotency_Key=key, X_Pin_Token=token)


def test_it_is_quoted_sent_and_shown_to_both(wanjiku: Member, juma: Member) -> None:
    hers, his = signed_in(wanjiku), signed_in(juma)
    quote = json_of(hers.get("wallet/transfers/quote?to=0722000222&amount_cents=25000"))
    assert (quote["name"], quote["total_cents"], quote["sent_just_now"]) == (
        "Juma O***",
        250_00,
        False,
    )

    answer = _send(hers, total_cents=quote["total_cents"])

    sent = json_of(answer)
    assert (answer.status_code, sent["direction"], sent["name"]) == (201, "out", "Juma O***")
    assert json_of(hers.get(f"wallet/transfers/{sent['id']}")) == sent
    got = json_of(his.get(f"wallet/transfers/{sent['id']}"))
    assert (got["direction"], got["name"], got["reference"]) == (
        "in",
        "Wanjiku K***",
        sent["reference"],
    )
    assert json_of(his.get("wallet/transfers"))["items"] == [got]
    assert json_of(his.get("wallet"))["available_cents"] == 250_00
    again = json_of(hers.get("wallet/transfers/quote?to=0722000222&amount_cents=25000"))
    assert again["sent_just_now"]
    stranger = signed_in(money.member())
    assert stranger.get(f"wallet/transfers/{sent['id']}").status_code == 404


def test_the_same_key_sends_once(wanjiku: Member, juma: Member) -> None:
    caller = signed_in(wanjiku)
    token = _pin_token(caller)

    first = _send(caller, token=token)
    again = _send(caller, token=token)

    assert (first.status_code, again.content) == (201, first.content)
    assert Transfer.objects.count() == 1
    assert _send(caller, token=token, amount_cents=1_00).status_code == 422
    assert _send(caller, token=token, key="two").status_code == 403  # the PIN token is used up


def test_a_key_may_be_as_long_as_the_api_takes_it(wanjiku: Member, juma: Member) -> None:
    assert _send(signed_in(wanjiku), key="k" * 255).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"to": "0733333333"}, 404, "transfers.no_such_payee"),
        ({"to": "0712000111"}, 400, "transfers.to_oneself"),
        ({"amount_cents": 2_000_01}, 409, "limits.new_payee"),
        ({"total_cents": 257_00}, 409, "transfers.fee_changed"),
        ({"amount_cents": 0}, 400, "api.invalid_input"),
        ({"amount_cents": "250"}, 400, "api.invalid_input"),
        ({"to": 722000222}, 400, "api.invalid_input"),
        ({"to": ""}, 400, "api.invalid_input"),
    ],
)
def test_what_is_refused_is_told_by_its_code_and_moves_nothing(
    wanjiku: Member, juma: Member, body: dict[str, Any], status: int, code: str
) -> None:
    answer = _send(signed_in(wanjiku), **body)

    assert (answer.status_code, json_of(answer)["code"]) == (status, code)
    assert (money.balance(wanjiku), money.balance(juma)) == (3_000_00, 0)


def test_a_limit_is_told_with_what_is_left(wanjiku: Member, juma: Member) -> None:
    told = json_of(_send(signed_in(wanjiku), amount_cents=2_500_00))

    assert (told["limit_cents"], told["left_cents"]) == (2_000_00, 2_000_00)


def test_without_the_pin_nothing_moves(wanjiku: Member, juma: Member) -> None:
    answer = _send(signed_in(wanjiku), token="ncp_wrong")

    assert (answer.status_code, json_of(answer)["code"]) == (403, "pin_token.refused")
    assert money.balance(wanjiku) == 3_000_00
