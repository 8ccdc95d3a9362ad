"""What the tests of the paybill share: an account with a Daraja of ours."""

import pytest
from pytest_django import Settings

from tests.payments.mpesa.conftest import gateway

__all__ = ["gateway"]


@pytest.fixture(autouse=True)
def our_paybill(settings: Settings) -> None:
    """Our number, and the key of its callbacks."""
    settings.MPESA_SHORTCODE = "600100"
    settings.PAYBILL_CALLBACK_KEY = "9c" * 16
