"""Money in a member's export: whole cents, with their currency beside them, as everywhere else."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from payments import limits
from payments.limits.models import CapUse
from tests.factories import money, mpesa, paybill
from tests.factories.callers import Caller, json_of, signed_in
from tests.factories.phones import choose_pin
from wallets.wallet import selectors as wallets
from workers.identity.models import Member

pytestmark = pytest.mark.django_db
PIN = "4071"


@pytest.fixture
def her(settings: Any) -> Member:
    """Return somebody who has moved money in every way there is."""
    ours = {**mpesa.account("http://127.0.0.1:9"), "MPESA_SHORTCODE": paybill.SHORTCODE}
    mpesa.use(settings, **ours, PAYBILL_CALLBACK_KEY=paybill.KEY)
    member: Member = money.member(phone="0712000111", phone_proved=True)
    juma = money.member(phone="0722000222")
    choose_pin(member, PIN)
    money.put_in(member, 3_000_00)
    caller = signed_in(member)
    caller.post("wallet/deposits", {"amount_cents": 500_00}, Idempotency_Key="in")
    _with_pin(caller, "withdrawal", {"amount_cents": 400_00})
    _with_pin(caller, "transfer", {"amount_cents": 250_00, "to": juma.phone})
    assert paybill.confirm(paybill.body(member.worker_id)) == "credited"
    CapUse.objects.get_or_create(member=member, defaults={"since": timezone.now(), "cents": 5})
    with transaction.atomic():
        money.put_in(member, 900_000_00)
        account = wallets.account_of(member.pk)
        limits.settle_excess(member.pk, account_id=account, at=timezone.now(), cause="a test")
    return member


def _with_pin(caller: Caller, operation: str, body: dict[str, Any]) -> None:
    verified = caller.post("auth/pin/verify", {"pin": PIN, "operation": operation})
    token = json_of(verified)["pin_token"]
    answer = caller.post(f"wallet/{operation}s", body, Idempotency_Key=operation, X_Pin_Token=token)
    assert answer.status_code in (201, 202), answer.content


def test_every_amount_is_in_cents_with_its_currency(her: Member) -> None:
    found = json_of(signed_in(her).get("me/export"))
    for section in (
        *("entries", "sent_by_day", "sent_under_cap", "payees", "above_limit"),
        *("transfers", "deposits", "withdrawals", "paybill_payments"),
    ):
        assert found[section], section
        for row in found[section]:
            amounts = {name: value for name, value in row.items() if name.endswith("_cents")}
            assert amounts, section
            assert all(type(value) is int for value in amounts.values())
            assert row["currency"] == "KES"
            assert not {"cents", "amount_minor", "balance_minor"} & {*row}


def test_the_names_are_those_of_the_api(her: Member) -> None:
    found = json_of(signed_in(her).get("me/export"))
    assert found["deposits"][0]["amount_cents"] == 500_00
    assert found["sent_by_day"][0]["amount_cents"] == 650_00
    assert {"amount_cents", "balance_cents", "currency"} <= {*found["entries"][0]}


def test_what_is_no_money_has_no_currency(her: Member) -> None:
    found = json_of(signed_in(her).get("me/export"))
    assert not any("currency" in row for row in (*found["member"], *found["consents"]))
