"""`manage.py register_paybill`, against the stand-in for Daraja."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.payments.mpesa.gateway import Gateway, told

pytestmark = pytest.mark.django_db
KEY = "f0" * 16


@pytest.fixture(autouse=True)
def _addresses(settings: Settings) -> None:
    settings.PAYBILL_CALLBACK_KEY = KEY
    settings.PUBLIC_BASE_URL = "https://us.example"


@pytest.mark.parametrize(
    ("arguments", "response_type"), [([], "Completed"), (["--cancel-without-us"], "Cancelled")]
)
def test_it_tells_both_addresses_and_what_to_do_without_us(
    gateway: Gateway, arguments: list[str], response_type: str
) -> None:
    said = StringIO()
    call_command("register_paybill", *arguments, stdout=said)
    (call,) = gateway.calls
    assert call.body == {
        "ShortCode": "600100",
        "ResponseType": response_type,
        "ConfirmationURL": f"https://us.example/cb/{KEY}/paybill/confirmation",
        "ValidationURL": f"https://us.example/cb/{KEY}/paybill/validation",
    }
    addresses, pulling = said.getvalue().splitlines()
    assert addresses == "addresses: registered for 600100"
    assert pulling == "list of payments: not registered, for want of --nominated-number"
    assert KEY not in said.getvalue()


TAKEN = {"ResponseRefID": "feb5e3f2", "ShortCode": "600100", "ResponseDescription": "Registered"}


@pytest.mark.parametrize("status", ["1000", "1001"])
def test_with_the_nominated_number_the_list_of_payments_is_registered_too(
    gateway: Gateway, status: str
) -> None:
    gateway.will(told(ResponseCode="0"), told(**TAKEN, ResponseStatus=status))
    said = StringIO()
    call_command("register_paybill", "--nominated-number", "0712 345678", stdout=said)
    assert gateway.calls[1].path == "/pulltransactions/v1/register"
    assert gateway.calls[1].body == {
        "ShortCode": "600100",
        "RequestType": "Pull",
        "NominatedNumber": "254712345678",
        "CallBackURL": f"https://us.example/cb/{KEY}/paybill/confirmation",
    }
    assert said.getvalue().endswith("list of payments: registered for 600100\n")


def test_what_is_not_taken_is_said_and_hinders_not_the_other(gateway: Gateway) -> None:
    there = told(500, errorCode="500.003.1001", errorMessage="URLs are already registered")
    gateway.will(there, told(**TAKEN, ResponseStatus="1000"))
    said = StringIO()
    with pytest.raises(CommandError, match=r"^addresses: these addresses are registered"):
        call_command("register_paybill", "--nominated-number", "0712345678", stdout=said)
    assert said.getvalue() == "list of payments: registered for 600100\n"
    gateway.will(told(ResponseCode="0"), told(**TAKEN, ResponseStatus="1005"))
    with pytest.raises(CommandError, match=r"^list of payments: .*\(1005: Registered\)"):
        call_command("register_paybill", "--nominated-number", "0712345678")


def test_a_number_that_is_none_registers_nothing(gateway: Gateway) -> None:
    with pytest.raises(CommandError):
        call_command("register_paybill", "--nominated-number", "12")
    assert gateway.calls == []


def test_a_refusal_is_said_in_one_line(gateway: Gateway) -> None:
    gateway.will(told(500, errorCode="500.003.1001", errorMessage="URLs are already registered"))
    with pytest.raises(CommandError, match=r"these addresses are registered \(500\.003\.1001"):
        call_command("register_paybill")


def test_without_mpesa_there_is_nothing_to_register(settings: Settings) -> None:
    settings.MPESA_CONSUMER_KEY = ""
    with pytest.raises(CommandError, match="not set up"):
        call_command("register_paybill")
