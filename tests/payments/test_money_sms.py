"""SMS about money: each is one SMS in both languages, with the longest values it can hold."""

from datetime import UTC, datetime

import pytest

from nannychain import gsm
from payments.limits import messages as limits
from payments.paybill import messages as paybill
from payments.transfers import messages as transfers
from workers.identity import names

AT = datetime(2026, 12, 28, 20, 59, tzinfo=UTC)
NAME = names.masked("Bartholomew-Alexander Wamalwa", number="+254712345678")
GREAT, HUGE = 249_999_99, 499_999_99


@pytest.mark.parametrize("language", ["en", "sw"])
@pytest.mark.parametrize(
    "make",
    [
        lambda language: transfers.sent(
            reference="TR-7K0M1Q9D",
            name=NAME,
            amount_cents=GREAT,
            fee_cents=108_55,
            balance_cents=HUGE,
            at=AT,
            language=language,
        ),
        lambda language: transfers.received(
            reference="TR-7K0M1Q9D",
            name=NAME,
            amount_cents=GREAT,
            balance_cents=HUGE,
            at=AT,
            language=language,
        ),
        lambda language: paybill.credited(
            amount_cents=GREAT,
            payer="BARTHOLOMEW WAMALWA",
            balance_cents=HUGE,
            receipt="UKS1234567",
            language=language,
        ),
        lambda language: limits.held(held_cents=GREAT, limit_cents=500_000_00, language=language),
        lambda language: limits.released(released_cents=GREAT, held_cents=HUGE, language=language),
    ],
    ids=["sent", "received", "credited", "held", "released"],
)
def test_it_is_one_sms(make: object, language: str) -> None:
    text = make(language)  # type: ignore[operator]

    assert gsm.parts(gsm.plain(text)) == 1, (len(text), text)
