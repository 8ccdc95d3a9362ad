"""The safeguarding line, against a plain model of it, and as it was at the end of a day."""

import uuid
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.reconciliation.breaks.kinds import BreakKind
from payments.reconciliation.safeguarding import selectors as safeguarding
from payments.reconciliation.safeguarding.selectors import RESOURCE
from tests.factories import books, breaks, floats, money
from wallets.ledger import accounts, posting
from wallets.ledger.chart import CHART, Kind
from wallets.ledger.models import Journal
from wallets.ledger.recipes import Leg

pytestmark = pytest.mark.django_db
_SIGN = {line.kind: line.side for line in CHART}
_CUSTOMERS = tuple(line.kind for line in CHART if line.is_customer_money)
_STRICT = {line.kind for line in CHART if line.floor == 0}
_PEOPLE = [uuid.UUID(int=number) for number in range(1, 4)]
_OWNED = (Kind.WORKER_WALLET, Kind.EMPLOYER_WALLET, Kind.ESCROW, Kind.CIRCLE_POOL)
# What somebody has, on its natural side; only a hot account can be below zero.
_HOLDINGS = st.lists(
    st.tuples(
        st.sampled_from([*_CUSTOMERS, *RESOURCE, Kind.FEE_INCOME, Kind.OWN_BANK]),
        st.sampled_from(_PEOPLE),
        st.sampled_from(["", "600000", "600001"]),
        st.integers(-5_000, 5_000),
    ),
    max_size=14,
)


def _put(kind: Kind, owner: uuid.UUID, label: str, cents: int) -> tuple[Any, int]:
    """Let an account hold so much more; return whose it is, and what it was given."""
    if kind in _STRICT:
        cents = abs(cents)
    owned = kind in _OWNED
    account = accounts.open_account(kind, owner_id=owner if owned else None, label=label)
    if cents:
        equity = accounts.open_account(Kind.EQUITY)
        amount = cents * _SIGN[kind]
        posting.post(books.anything(Leg(account, amount), Leg(equity, -amount)))
    return (owner if owned else account), cents


@settings(max_examples=60)
@given(holdings=_HOLDINGS)
def test_it_is_each_customers_balance_floored_at_zero_against_all_that_is_held(
    holdings: list[Any],
) -> None:
    with transaction.atomic():
        books.allow_anything()
        customers: dict[Any, int] = defaultdict(int)
        held = 0
        for kind, owner, label, wanted in holdings:
            who, cents = _put(kind, owner, label, wanted)
            if kind in _CUSTOMERS:
                customers[who] += cents
            if kind in RESOURCE:
                held += cents
        line = safeguarding.now()
        assert line.requirement_cents == sum(max(0, cents) for cents in customers.values())
        assert line.below_zero_cents == sum(min(0, cents) for cents in customers.values())
        assert line.customers == sum(cents > 0 for cents in customers.values())
        assert line.resource_cents == line.books_cents == held
        assert line.surplus_cents == held - line.requirement_cents
        assert line.shortfall_cents == max(0, line.requirement_cents - held)
        transaction.set_rollback(True)


def test_the_kinds_are_those_of_customers_and_of_what_is_held_for_them() -> None:
    """Written out, so that a new kind is thought about."""
    assert [int(kind) for kind in _CUSTOMERS] == [
        *(2010, 2020, 2100, 2310, 2320, 2400, 2600, 2910, 2920, 2930)
    ]
    assert [int(kind) for kind in RESOURCE] == [1110, 1120, 1130, 1135, 1140, 1150]


def test_what_one_owes_us_never_covers_another() -> None:
    books.allow_anything()
    _put(Kind.WORKER_WALLET, _PEOPLE[0], "", 100)
    _put(Kind.SUSPENSE_PAYOUTS, _PEOPLE[0], "600001", -70)
    line = safeguarding.now()
    assert (line.requirement_cents, line.below_zero_cents) == (100, -70)


def test_what_mpesa_has_less_than_our_books_is_not_held() -> None:
    money.member(1_000_00)
    assert safeguarding.now().surplus_cents == 0
    breaks.one(kind=BreakKind.FLOAT_DIFFERS, subject="float:600000", cents=-40_00)
    breaks.one(kind=BreakKind.FLOAT_DIFFERS, subject="float:600001", cents=9_00)  # no gain
    line = safeguarding.now()
    assert (line.missing_cents, line.shortfall_cents) == (40_00, 40_00)


@pytest.mark.django_db(transaction=True)
def test_a_day_ends_with_what_was_recorded_by_then(settings: Any) -> None:
    floats.numbers(settings)
    money.member(1_000_00)
    evening = Journal.objects.latest("pk").recorded_at + timedelta(microseconds=1)
    money.member(500_00)
    floats.own_money_in_trust(70_00)
    assert safeguarding.at(evening).requirement_cents == 1_000_00
    assert safeguarding.at(evening).books_cents == 1_000_00
    now = safeguarding.now()
    assert (now.requirement_cents, now.books_cents) == (1_500_00, 1_570_00)
    assert safeguarding.at(timezone.now()) == now
    posting.roll_up()
    assert safeguarding.at(evening).books_cents == 1_000_00


def test_more_customers_take_no_more_statements() -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            safeguarding.now()
        return len(queries)

    few = statements()
    for _ in range(20):
        money.member(1_00)
    assert statements() == few == 2
