"""One running program for all tests of the simulators, forgetful between them."""

from collections.abc import Iterator

import pytest

from tests.simulators.program import Receiver, Simulators


@pytest.fixture(scope="session")
def product() -> Iterator[Receiver]:
    """Our side: takes reports, opt-outs, events and USSD hops."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def program(product: Receiver) -> Iterator[Simulators]:
    """The simulators, with every address set to `product`."""
    base = f"http://localhost:{product.port}"
    environment = {
        "AT_API_KEY": "right",
        "AT_SENDER_ID": "NANNYCHAIN",
        "USSD_CALLBACK_URL": f"{base}/ussd",
        "USSD_EVENTS_URL": f"{base}/events",
        "SMS_REPORTS_URL": f"{base}/reports",
        "SMS_OPTOUT_URL": f"{base}/optout",
        "INSIGHTS_URL": f"{base}/insights",
        "SIMULATORS_USSD_ANSWER_SECONDS": "0.5",
    }
    with Simulators(environment) as running:
        yield running


@pytest.fixture
def simulators(program: Simulators, product: Receiver) -> Simulators:
    """The running simulators, with nothing left of the test before."""
    program.post("/control/reset")
    product.forget()
    return program
