"""Reckoning a fee: what holds for every table and every amount, and what no table may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.fees import Fee
from payments.fees.figures import TARIFFS
from payments.fees.table import Table, UnfairTable, of_bands, reckon


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw any honest table: bands rise, prices don't fall, and none eats up what it is for."""
    steps = draw(st.lists(st.integers(1, 10_000_00), min_size=1, max_size=12))
    bands, least, price = [], 1, 0
    for step in steps:
        price = draw(st.integers(price, max(price, least - 1)))
        bands.append((least - 1 + step, price))
        least += step
    return of_bands(bands, tax_basis_points=draw(st.integers(0, 9_999)))


@given(table=tables(), amount=st.integers(1, 20_000_000_00))
def test_a_fee_is_whole_cents_and_less_than_what_it_is_paid_for(table: Table, amount: int) -> None:
    fee = reckon(table, amount)

    if amount > table.greatest_cents:
        assert fee is None
        return
    assert fee is not None
    assert type(fee.fee_cents) is int
    assert type(fee.tax_cents) is int
    assert fee.fee_cents >= 0
    assert fee.tax_cents >= 0
    assert fee.total_cents < amount


@given(table=tables(), data=st.data())
def test_more_money_is_never_cheaper_to_move(table: Table, data: st.DataObject) -> None:
    smaller = data.draw(st.integers(1, table.greatest_cents))
    greater = data.draw(st.integers(smaller, table.greatest_cents))

    less, more = reckon(table, smaller), reckon(table, greater)

    assert less is not None
    assert more is not None
    assert less.total_cents <= more.total_cents


@given(table=tables())
def test_a_band_ends_with_its_last_cent(table: Table) -> None:
    for band, next_band in zip(table.bands, table.bands[1:], strict=False):
        last, first = reckon(table, band.up_to_cents), reckon(table, band.up_to_cents + 1)
        assert last is not None
        assert first is not None
        assert (last.total_cents, first.total_cents) == (band.price_cents, next_band.price_cents)


@given(price=st.integers(0, 100_000_00), tax=st.integers(0, 9_999))
def test_fee_and_duty_are_together_what_is_paid(price: int, tax: int) -> None:
    table = of_bands([(price + 1, 0), (2 * price + 3, price)], tax_basis_points=tax)
    fee = reckon(table, price + 2)

    assert fee is not None
    assert fee.total_cents == price
    # The duty is the rate upon our part, to half a cent.
    assert abs(fee.tax_cents * 10_000 - fee.fee_cents * tax) <= (10_000 + tax) // 2


def test_of_a_price_of_115_at_15_percent_15_are_the_duty() -> None:
    table = of_bands([(115_00, 0), (1_000_00, 115_00)], tax_basis_points=1_500)

    assert reckon(table, 115_01) == Fee(fee_cents=100_00, tax_cents=15_00)
    assert reckon(table, 115_00) == Fee(0, 0)


@pytest.mark.parametrize("amount", [0, -1, -5_000_00])
def test_nothing_costs_nothing_because_it_cannot_be_moved(amount: int) -> None:
    assert reckon(of_bands([(100_00, 0)], tax_basis_points=0), amount) is None


@pytest.mark.parametrize(
    ("bands", "tax"),
    [
        ([], 0),
        ([(100_00, 1)], 0),  # a cent on an amount of one cent
        ([(100_00, 0), (100_00, 0)], 0),
        ([(100_00, 0), (50_00, 0)], 0),
        ([(100_00, 0), (200_00, 9_00), (300_00, 8_00)], 0),
        ([(100_00, 0), (200_00, 100_01)], 0),
        ([(100_00, -1)], 0),
        ([(0, 0)], 0),
        ([(100_00, 0)], 10_000),
        ([(100_00, 0)], -1),
    ],
)
def test_no_unfair_table_is_made(bands: list[tuple[int, int]], tax: int) -> None:
    with pytest.raises(UnfairTable):
        of_bands(bands, tax_basis_points=tax)


@pytest.mark.parametrize("tariff", TARIFFS, ids=lambda tariff: tariff["operation"])
def test_the_kenyan_figures_are_fair_tables_up_to_250000(tariff: dict[str, object]) -> None:
    bands = zip(tariff["up_to_cents"], tariff["price_cents"], strict=True)  # type: ignore[call-overload]

    table = of_bands(bands, tax_basis_points=tariff["tax_basis_points"])  # type: ignore[arg-type]

    assert table.greatest_cents == 250_000_00


def _price(operation: str, shillings: int) -> int:
    (tariff,) = [each for each in TARIFFS if each["operation"] == operation]
    bands = zip(tariff["up_to_cents"], tariff["price_cents"], strict=True)
    fee = reckon(of_bands(bands, tax_basis_points=tariff["tax_basis_points"]), shillings * 100)
    assert fee is not None
    return fee.total_cents // 100


@pytest.mark.parametrize(
    ("operation", "prices"),
    [
        ("withdrawal", {10: 0, 100: 0, 101: 5, 1_500: 5, 1_501: 9, 5_000: 9, 5_001: 11}),
        ("withdrawal", {20_000: 11, 20_001: 13, 250_000: 13}),
        ("transfer", {1: 0, 250_000: 0}),
        ("deposit", {1: 0, 250_000: 0}),
        ("mpesa_payout", {14_462: 11}),
        ("mpesa_paybill", {14_462: 57, 100: 0, 101: 5, 45_000: 103, 45_001: 108}),
        ("mpesa_send", {100: 0, 101: 7, 14_462: 100, 20_001: 108}),
        ("mpesa_agent", {49: 0, 50: 11, 101: 29, 14_462: 167, 250_000: 309}),
    ],
)
def test_the_figures_are_those_that_were_published(operation: str, prices: dict[int, int]) -> None:
    assert {amount: _price(operation, amount) for amount in prices} == prices
