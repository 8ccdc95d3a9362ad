"""The simulated Daraja as a program, our account with it, and workers that work to the end."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import requests

from payments.deposits.models import Deposit
from payments.withdrawals.models import Withdrawal
from tests.factories import mpesa
from tests.simulators.daraja.caller import ENVIRONMENT
from tests.simulators.program import Simulators
from wallets.ledger.chart import Kind

SECONDS_MAX = 15.0
_NAMES = ("CONSUMER_KEY", "CONSUMER_SECRET", "SHORTCODE", "PASSKEY", "B2C_SHORTCODE")
_INITIATOR = ("INITIATOR_NAME", "INITIATOR_PASSWORD")
FINAL = ("PAID", "DECLINED", "EXPIRED", "REFUSED", "CANCELLED", "FAILED", "NEEDS_REVIEW")


@dataclass
class Daraja:
    """The simulator, as a test sees it: what goes wrong with it, and what has moved there."""

    simulators: Simulators

    @property
    def account(self) -> dict[str, Any]:
        """Return the settings of our account with it."""
        certificate = requests.get(f"{self.simulators.url}/daraja/certificate", timeout=10).text
        names = (*_NAMES, *_INITIATOR)
        return {
            "MPESA_BASE_URL": f"{self.simulators.url}/daraja",
            "MPESA_CERTIFICATE": certificate,
            **{f"MPESA_{name}": ENVIRONMENT[f"MPESA_{name}"] for name in names},
        }

    def reset(self, **knobs: Any) -> None:
        """Forget everything, and begin anew with these knobs."""
        self.simulators.post("/control/reset")
        defaults = {"answers": "accept", "result_seconds": 0.05, "prompt_seconds": 2}
        self.simulators.post("/control/daraja/settings", **{**defaults, **knobs})

    def fault(self, target: str, kind: str, **fields: Any) -> None:
        """Let something go wrong, once if nothing else is said."""
        self.simulators.fault(kind, target=f"daraja.{target}", **{"times": 1, **fields})

    def payments(self, kind: str) -> list[dict[str, Any]]:
        """Return the money of that kind that has moved."""
        moved = self.simulators.get("/control/daraja/payments")["payments"]
        return [payment for payment in moved if payment["kind"] == kind]

    def total(self, kind: str) -> int:
        """Return how many cents of that kind have moved."""
        return sum(payment["cents"] for payment in self.payments(kind))

    def agrees(self) -> None:
        """Assert that our books have what M-Pesa has."""
        shortcode, payout = ENVIRONMENT["MPESA_SHORTCODE"], ENVIRONMENT["MPESA_B2C_SHORTCODE"]
        assert mpesa.standing(Kind.PAYBILL_FLOAT, shortcode) == self.total("push")
        assert -mpesa.standing(Kind.PAYOUT_FLOAT, payout) == self.total("payout")


@contextlib.contextmanager
def running() -> Iterator[Daraja]:
    """Run the simulators until the block ends."""
    with Simulators(dict(ENVIRONMENT)) as simulators:
        yield Daraja(simulators)


def until(is_done: Callable[[], object], *, seconds: float = SECONDS_MAX) -> None:
    """Do what beat and workers do until it is done; fail where it never is."""
    deadline = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < deadline, "it does not come to an end"
        mpesa.work()
        time.sleep(0.05)


def is_over(thing: Deposit | Withdrawal) -> bool:
    """Tell whether it has ended."""
    thing.refresh_from_db()
    return thing.state in FINAL


def hurried(thing: Deposit | Withdrawal, **units: float) -> Callable[[], bool]:
    """Return whether it has ended, letting time pass by so much at each look."""

    def look() -> bool:
        if is_over(thing):
            return True
        mpesa.pass_time(**units)
        return False

    return look
