"""Whatever is posted to an operation's own address: no exception, and no money out of nonsense."""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nannychain.inbox.models import InboxMessage
from payments.deposits import services as deposits
from payments.deposits.models import Deposit
from payments.withdrawals import services as withdrawals
from payments.withdrawals.models import Withdrawal
from tests.factories import mpesa
from tests.factories.safaricom import (
    PAYOUT,
    PUSH,
    Safaricom,
    payout_result,
    post,
    push_result,
)
from wallets.ledger.models import Journal

pytestmark = pytest.mark.django_db
FINAL = ("deposit.settled", "withdrawal.paid", "withdrawal.failed", "withdrawal.contradicted")
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**20), max_value=10**20)
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.sampled_from(["0", 0, "500", 500, 500.0, "UKL1A2B3C4", "ws_CO_", "", "\x00", "1e3"])
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=8,
)
_EXAMPLES = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every place in a body."""
    found = [path] if path else []
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        found += _places(value[key], (*path, key))
    return found


@st.composite
def _spoiled(draw: st.DrawFn, body: dict[str, Any]) -> Any:
    """Return the body with one to three things gone or replaced."""
    spoiled: Any = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 3))):
        places = _places(spoiled)
        if not places:
            return spoiled
        *way, last = draw(st.sampled_from(places))
        holder = spoiled
        for key in way:
            holder = holder[key]
        if draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = draw(_VALUES)
    return spoiled


def _posted(url: str, body: Any) -> None:
    """Post it, and see that it was kept and worked off without a fault."""
    assert post(url, json.dumps(body)) == 200
    mpesa.read_inbox()
    assert not InboxMessage.objects.filter(handled_at__isnull=True).exists()
    assert not InboxMessage.objects.filter(attempts__gt=0).exists()


@given(body=_VALUES)
@_EXAMPLES
def test_any_json_at_all_books_nothing(safaricom: Safaricom, body: Any) -> None:
    for url in _addresses(safaricom):
        _posted(url, body)
    assert not Journal.objects.filter(kind__in=FINAL, cause__startswith="withdrawal").exists()
    assert not Deposit.objects.filter(state="PAID").exists()


@given(data=st.data())
@_EXAMPLES
def test_a_spoiled_result_of_a_prompt_credits_what_was_asked_for_or_nothing(
    safaricom: Safaricom, data: st.DataObject
) -> None:
    member = mpesa.member_with()
    deposit = deposits.request(member.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    number = len(safaricom.asked(PUSH))
    pushed = safaricom.asked(PUSH)[-1]
    true = push_result(pushed, number=number, receipt=f"UKL{number:07d}")
    _posted(pushed["CallBackURL"], data.draw(_spoiled(true)))
    deposit.refresh_from_db()
    assert mpesa.balance(member) == (500_00 if deposit.state == "PAID" else 0)
    _posted(pushed["CallBackURL"], true)
    assert mpesa.balance(member) == 500_00, "the true one counts, whatever came before"


@given(data=st.data())
@_EXAMPLES
def test_a_spoiled_result_of_a_payout_never_pays_twice_or_gives_back_what_was_paid(
    safaricom: Safaricom, data: st.DataObject
) -> None:
    member = mpesa.member_with(1_000_00)
    withdrawal = withdrawals.request(member.pk, amount_cents=500_00, channel="ussd")
    mpesa.work()
    ordered = safaricom.asked(PAYOUT)[-1]
    true = payout_result(ordered, receipt=f"UKM{len(safaricom.asked(PAYOUT)):07d}")
    _posted(ordered["ResultURL"], data.draw(_spoiled(true)))
    withdrawal.refresh_from_db()
    is_back = withdrawal.state == "FAILED"
    assert mpesa.balance(member) == (1_000_00 if is_back else 495_00)
    assert Journal.objects.filter(key=f"withdrawal:{withdrawal.pk}:final").count() <= 1


def _addresses(safaricom: Safaricom) -> list[str]:
    """Return where the results of a prompt and of a payout go; one of each is under way."""
    if not Withdrawal.objects.exists():
        member = mpesa.member_with(1_000_00)
        withdrawals.request(member.pk, amount_cents=500_00, channel="ussd")
        deposits.request(mpesa.member_with().pk, amount_cents=500_00, channel="ussd")
        mpesa.work()
    pushed, ordered = safaricom.asked(PUSH)[-1], safaricom.asked(PAYOUT)[-1]
    return [pushed["CallBackURL"], ordered["ResultURL"], ordered["QueueTimeOutURL"]]
