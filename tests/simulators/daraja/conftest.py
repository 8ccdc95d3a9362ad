"""One running program for all tests of M-Pesa, forgetful between them."""

from collections.abc import Iterator

import pytest

from tests.simulators.daraja.caller import ENVIRONMENT, Caller
from tests.simulators.program import Receiver, Simulators


@pytest.fixture(scope="session")
def mpesa() -> Iterator[tuple[Simulators, Receiver]]:
    """The program with an app's account, and the product that it calls back."""
    with Receiver() as product:
        base = f"http://localhost:{product.port}"
        environment = {
            **ENVIRONMENT,
            "SMS_REPORTS_URL": f"{base}/reports",
            "USSD_CALLBACK_URL": f"{base}/ussd",
            "PAYBILL_VALIDATION_URL": f"{base}/cb/k/paybill/validation",
            "PAYBILL_CONFIRMATION_URL": f"{base}/cb/k/paybill/confirmation",
        }
        with Simulators(environment) as running:
            yield running, product


@pytest.fixture
def caller(mpesa: tuple[Simulators, Receiver]) -> Caller:
    """An app, with nothing left of the test before."""
    simulators, product = mpesa
    simulators.post("/control/reset")
    simulators.post("/control/daraja/settings", answers="phone", result_seconds=0.1)
    product.forget()
    return Caller(simulators, base=f"http://localhost:{product.port}")


@pytest.fixture
def product(mpesa: tuple[Simulators, Receiver]) -> Receiver:
    """Our side."""
    return mpesa[1]
