"""What the tests of M-Pesa share: a stand-in for Daraja, and an account that leads there."""

from collections.abc import Iterator

import pytest
from django_redis import get_redis_connection
from pytest_django import Settings

from payments.mpesa import access, account
from tests.factories.certificates import self_signed
from tests.payments.mpesa.gateway import Gateway, serve

KEY = "consumer-key-of-the-tests"
SECRET = "consumer-secret-of-the-tests"
PASSKEY = "passkey-of-the-tests"
PASSWORD = "initiator#of&the%tests"


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    """A Daraja that says yes until it is told otherwise; its token is known to nobody before."""
    with serve() as running:
        settings.MPESA_BASE_URL = running.url
        settings.MPESA_CONSUMER_KEY = KEY
        settings.MPESA_CONSUMER_SECRET = SECRET
        settings.MPESA_SHORTCODE = "600100"
        settings.MPESA_PASSKEY = PASSKEY
        settings.MPESA_B2C_SHORTCODE = "600200"
        settings.MPESA_INITIATOR_NAME = "testapi"
        settings.MPESA_INITIATOR_PASSWORD = PASSWORD
        settings.MPESA_CERTIFICATE = self_signed().certificate
        access._own.clear()
        yield running
        # A later server may get the same port, and must not meet this one's token.
        name = access._name(account.from_settings())
        get_redis_connection("default").delete(f"mpesa:token:{name}")
