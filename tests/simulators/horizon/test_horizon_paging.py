"""Pages follow each other without a gap and without a repetition, in both directions."""

from typing import Any

import pytest
from stellar_sdk import Asset, Payment
from stellar_sdk.sep.toid import TOID

from tests.simulators.horizon.simulated_network import SimulatedNetwork

COUNT = 7


@pytest.fixture
def busy(network: SimulatedNetwork) -> SimulatedNetwork:
    """A network with seven payments beside the account that makes them: 2 + 2 + 3."""
    person = network.person()
    lumen = Payment(person.public_key, Asset.native(), "1")
    for count in (2, 2, 3):
        network.land(network.signed(person, *[lumen] * count))
    return network


def _all(network: SimulatedNetwork, path: str, **query: Any) -> list[dict[str, Any]]:
    """Return all records, page by page, as the links lead."""
    found: list[dict[str, Any]] = []
    page = network.get(path, **query).json()
    while records := page["_embedded"]["records"]:
        found += records
        after = page["_links"]["next"]["href"].removeprefix(network.url)
        page = network.get(after).json()
    return found


@pytest.mark.parametrize("path", ["/ledgers", "/transactions", "/operations", "/effects"])
@pytest.mark.parametrize("limit", [1, 3, 200])
def test_pages_of_any_size_hold_the_same(busy: SimulatedNetwork, path: str, limit: int) -> None:
    tokens = [each["paging_token"] for each in _all(busy, path, limit=limit)]
    whole = [each["paging_token"] for each in busy.records(path, limit=200)]
    assert tokens == whole
    assert len(set(tokens)) == len(tokens) >= 4
    backward = [each["paging_token"] for each in _all(busy, path, limit=limit, order="desc")]
    assert backward == tokens[::-1]


def test_effects_of_one_operation_may_be_on_two_pages(busy: SimulatedNetwork) -> None:
    first = busy.records("/effects", limit=1)[0]
    second = busy.records("/effects", limit=1, cursor=first["paging_token"])[0]
    token = first["paging_token"].split("-")[0]
    assert second["paging_token"] == f"{token}-2"
    # A token without a number is behind all of its effects.
    assert not busy.records("/effects", limit=1, cursor=token)[0]["paging_token"].startswith(token)


def test_a_page_has_ten_records_unless_told_otherwise(busy: SimulatedNetwork) -> None:
    busy.close(20)
    assert len(busy.records("/ledgers")) == 10
    assert len(busy.records("/ledgers", limit=200)) == 25


def test_the_way_back_leads_to_the_page_before(busy: SimulatedNetwork) -> None:
    server = busy.server
    first = server.payments().limit(3)
    records = first.call()["_embedded"]["records"]
    assert [each["type"] for each in first.next()["_embedded"]["records"]] == ["payment"] * 3
    assert first.prev()["_embedded"]["records"] == records[::-1]


def test_tokens_tell_ledger_transaction_and_operation(busy: SimulatedNetwork) -> None:
    last = busy.records("/payments", order="desc", limit=1)[0]
    assert last["paging_token"] == str(TOID(1004, 1, 3).to_int64())
    transaction = busy.records("/transactions", order="desc", limit=1)[0]
    assert transaction["paging_token"] == str(TOID(1004, 1, 0).to_int64())


def test_from_now_on_there_is_nothing_until_something_happens(busy: SimulatedNetwork) -> None:
    page = busy.get("/payments", cursor="now").json()
    assert page["_embedded"]["records"] == []
    newest = busy.records("/payments", cursor="now", order="desc", limit=1)
    assert newest == busy.records("/payments", order="desc", limit=1)


def test_what_is_joined_or_unknown_in_a_question_does_no_harm(busy: SimulatedNetwork) -> None:
    plain = busy.records("/operations", limit=200)
    assert len(plain) == COUNT + 1
    assert busy.records("/operations", limit=200, join="transactions", colour="red") == plain
    href = busy.get("/operations", join="transactions").json()["_links"]["next"]["href"]
    assert "join=transactions" in href
