"""Questions about payments in doubt that M-Pesa turns away at the door."""

import pytest

from payments.paybill import tending
from tests.factories import money, paybill
from tests.payments.mpesa.gateway import CUT, Answer, Gateway, told

pytestmark = pytest.mark.django_db
TURNED_AWAY = told(
    503,
    requestId="1c5b-4ba8",
    errorCode="500.003.02",
    errorMessage="System is busy. Spike Arrest Violation",
)


@pytest.mark.parametrize(("answer", "asked"), [(TURNED_AWAY, 0), (CUT, 1), (told(503), 1)])
def test_only_what_m_pesa_may_have_heard_was_asked(
    gateway: Gateway, answer: Answer, asked: int
) -> None:
    body = paybill.body(money.member().worker_id, "50001")
    assert paybill.confirm(body) == "to be confirmed"
    payment = paybill.payment(body)
    gateway.will(answer)

    tending.tend(payment.pk)

    payment.refresh_from_db()
    assert payment.questions == asked
    assert payment.due_at is not None
