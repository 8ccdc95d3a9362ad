"""The network's part of the control API."""

from typing import Any

import pytest
import requests
from stellar_sdk import Keypair

from tests.simulators.horizon.simulated_network import SimulatedNetwork
from tests.simulators.program import SECONDS_MAX


def test_it_tells_how_the_network_stands(network: SimulatedNetwork) -> None:
    told = network.simulators.get("/control/horizon")
    del told["resets"]
    assert told == {
        "ledger": 1000,
        "waiting": 0,
        "is_halted": False,
        "ledger_seconds": 0,
        "submit_seconds": 5,
        "stream_seconds": 55,
        "capacity": 1000,
        "min_fee": 100,
    }


def test_the_index_names_every_address(network: SimulatedNetwork) -> None:
    addresses = network.simulators.get("/control")["addresses"]
    for address in ("close", "settings", "fund", "reset"):
        assert addresses[f"POST /control/horizon/{address}"]


def test_lumens_are_given_more_than_once_and_more_than_friendbot_has(
    network: SimulatedNetwork,
) -> None:
    person = Keypair.random().public_key
    network.control("fund", address=person, lumens=1_000_000)
    # The second is another transaction of the same account: the first must land before.
    network.control("fund", address=person, lumens="0.5")
    network.close()
    (native,) = network.get(f"/accounts/{person}").json()["balances"]
    assert native["balance"] == "1000000.5000000"


def test_a_ledger_has_room_for_so_many_operations(network: SimulatedNetwork) -> None:
    people = [network.person() for _ in range(3)]
    network.control("settings", capacity=1)
    for fee, person in enumerate(people, start=100):
        network.hand_in(network.signed(person, fee=fee))
    waiting = [network.control("close")["waiting"] for _ in range(3)]
    assert waiting == [2, 1, 0]
    payers = [each["from"] for each in network.records("/payments") if each["type"] == "payment"]
    assert payers == [person.public_key for person in people[::-1]]  # who bids more goes first


@pytest.mark.parametrize(
    ("verb", "content"),
    [
        ("close", {"ledgers": 0}),
        ("close", {"ledgers": 10_001}),
        ("close", {"ledgers": True}),
        ("close", {"ledgers": "3"}),
        ("settings", {"colour": 1}),
        ("settings", {"ledger_seconds": -1}),
        ("settings", {"ledger_seconds": "5"}),
        ("settings", {"min_fee": 99}),
        ("settings", {"min_fee": 100.5}),
        ("settings", {"capacity": True}),
        ("settings", {"capacity": None}),
        ("fund", {}),
        ("fund", {"address": "G", "lumens": 5}),
        ("fund", {"address": Keypair.random().public_key, "lumens": "-5"}),
        ("fund", {"address": Keypair.random().public_key, "lumens": "1.23456789"}),
        ("fund", {"address": Keypair.random().public_key, "lumens": "many"}),
        ("fund", {"address": Keypair.random().public_key, "lumens": "NaN"}),
        ("fund", {"address": Keypair.random().public_key, "lumens": "Infinity"}),
    ],
)
def test_garbage_is_told_so_and_changes_nothing(
    network: SimulatedNetwork, verb: str, content: dict[str, Any]
) -> None:
    before = network.simulators.get("/control/horizon")
    url = f"{network.simulators.url}/control/horizon/{verb}"
    answer = requests.post(url, json=content, timeout=SECONDS_MAX)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert network.simulators.get("/control/horizon") == before


@pytest.mark.parametrize("verb", ["close", "settings", "fund", "reset"])
def test_a_form_on_a_foreign_page_cannot_touch_the_network(
    network: SimulatedNetwork, verb: str
) -> None:
    url = f"{network.simulators.url}/control/horizon/{verb}"
    assert requests.post(url, data={"ledgers": 1}, timeout=SECONDS_MAX).status_code == 415


def test_what_is_handed_in_is_on_the_record(network: SimulatedNetwork) -> None:
    envelope = network.signed(network.person())
    network.hand_in(envelope)
    last = network.simulators.get("/control/requests", target="horizon.submit")["requests"][-1]
    assert (last["fields"], last["status"]) == ({"hash": envelope.hash_hex()}, 201)
