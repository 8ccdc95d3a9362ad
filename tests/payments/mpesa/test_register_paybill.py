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
    assert said.getvalue() == "registered for 600100\n"
    assert KEY not in said.getvalue()


def test_a_refusal_is_said_in_one_line(gateway: Gateway) -> None:
    gateway.will(told(500, errorCode="500.003.1001", errorMessage="URLs are already registered"))
    with pytest.raises(CommandError, match=r"these addresses are registered \(500\.003\.1001"):
        call_command("register_paybill")


def test_without_mpesa_there_is_nothing_to_register(settings: Settings) -> None:
    settings.MPESA_CONSUMER_KEY = ""
    with pytest.raises(CommandError, match="not set up"):
        call_command("register_paybill")
