"""What the tests of statements share: both of our numbers."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def our_numbers(settings: Any) -> None:
    """Both of our numbers at M-Pesa."""
    from tests.factories import mpesa  # models can't be loaded sooner

    mpesa.use(settings, MPESA_SHORTCODE=mpesa.SHORTCODE, MPESA_B2C_SHORTCODE=mpesa.PAYOUT_SHORTCODE)
