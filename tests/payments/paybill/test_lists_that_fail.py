"""M-Pesa's list of payments that is refused, or breaks off: nobody takes it for an empty one."""

from typing import Any

import pytest

from payments.mpesa.meanings import Outcome
from payments.paybill import tending
from payments.reconciliation import services as reconciliation
from tests.payments.mpesa.gateway import CUT, Answer, Gateway, told

pytestmark = pytest.mark.django_db
SPIKE = told(500, errorCode="500.003.02", errorMessage="Spike Arrest Violation")
ROW = {"transactionId": "UKL1A2B3C4", "amount": "150.0", "billreference": "nobody"}
PAGE = told(ResponseCode="1000", ResponseMessage="Success", Response=[[ROW]])
NO_MORE = told(ResponseCode="1001", ResponseMessage="No transactions", Response=[[]])


@pytest.mark.parametrize(
    ("answers", "seen", "outcome", "failure"),
    [
        ([SPIKE], 0, Outcome.REJECTED, "too many calls at once"),
        ([PAGE, SPIKE], 1, Outcome.REJECTED, "too many calls at once"),
        ([CUT], 0, Outcome.UNKNOWN, "no answer came"),
        ([PAGE, NO_MORE], 1, Outcome.ACCEPTED, ""),
        ([NO_MORE], 0, Outcome.ACCEPTED, ""),
    ],
)
def test_a_pull_tells_what_it_came_to(
    gateway: Gateway, answers: list[Answer], seen: int, outcome: Outcome, failure: str
) -> None:
    gateway.will(*answers)
    pulled = tending.pull()
    assert pulled.meaning is not None
    assert (pulled.seen, pulled.meaning.outcome) == (seen, outcome)
    assert pulled.failure == failure


def test_who_is_not_set_up_has_nothing_to_pull(settings: Any) -> None:
    settings.MPESA_CONSUMER_KEY = ""
    pulled = tending.pull()
    assert (pulled.seen, pulled.meaning, pulled.failure) == (0, None, "")


@pytest.mark.parametrize(
    ("answers", "note"),
    [([PAGE, SPIKE], "failed after 1: too many calls at once"), ([PAGE, NO_MORE], 1)],
)
def test_the_daily_run_notes_a_list_that_failed(
    gateway: Gateway, answers: list[Answer], note: str | int
) -> None:
    gateway.will(*answers)
    done = reconciliation.run(wait_seconds=0)
    assert done.notes["payments pulled"] == note
