"""Every lie and every ill of the simulated Horizon: what is answered, and what is true."""

from typing import Any

import pytest
import requests
from stellar_sdk import Keypair

from tests.simulators.horizon.simulated_network import SimulatedNetwork
from tests.simulators.program import SECONDS_MAX

ERRORS = "https://stellar.org/horizon-errors"
READ, NETWORK = "horizon.read", "horizon.network"
WAYS = ("/transactions_async", "/transactions")


@pytest.mark.parametrize("path", WAYS)
@pytest.mark.parametrize(
    ("kind", "status", "is_taken"),
    [
        ("timeout_landed", 504, True),
        ("timeout_lost", 504, False),
        ("try_later", 503, False),
        ("try_later_lie", 503, True),
        ("refused_lie", 400, True),
        ("error", 500, False),
        ("rate_limited", 429, False),
        ("garbage", 200, True),
    ],
)
def test_an_answer_need_not_be_the_truth(
    network: SimulatedNetwork, path: str, kind: str, status: int, is_taken: bool
) -> None:
    envelope = network.signed(network.person())
    network.fault(kind)
    answer = network.hand_in(envelope, path=path)
    assert answer.status_code == status
    network.close()
    landed = network.get(f"/transactions/{envelope.hash_hex()}")
    assert landed.status_code == (200 if is_taken else 404)
    # The fault is used up: the same envelope is answered truly.
    if not is_taken:
        assert network.hand_in(envelope).json()["tx_status"] == "PENDING"


@pytest.mark.parametrize("path", WAYS)
@pytest.mark.parametrize(("kind", "is_taken"), [("down", False), ("answer_lost", True)])
def test_a_connection_may_be_dropped_before_or_after(
    network: SimulatedNetwork, path: str, kind: str, is_taken: bool
) -> None:
    envelope = network.signed(network.person())
    network.fault(kind)
    with pytest.raises(requests.ConnectionError):
        network.hand_in(envelope, path=path)
    assert network.simulators.get("/control/horizon")["waiting"] == int(is_taken)
    network.close()
    landed = network.get(f"/transactions/{envelope.hash_hex()}")
    assert landed.status_code == (200 if is_taken else 404)


def test_each_lie_has_the_shape_of_the_truth(network: SimulatedNetwork) -> None:
    person = network.person()
    bodies: dict[str, Any] = {}
    for kind in ("timeout_lost", "try_later", "rate_limited", "error", "refused_lie"):
        network.fault(kind)
        answer = network.hand_in(envelope := network.signed(person))
        bodies[kind] = answer.json()
        if kind == "rate_limited":
            assert answer.headers["X-RateLimit-Remaining"] == "0"
    hash = envelope.hash_hex()
    timeout = bodies["timeout_lost"]
    assert timeout["type"] == f"{ERRORS}/transaction_submission_timeout"
    assert set(timeout["extras"]) == {"hash", "envelope_xdr"}
    assert bodies["try_later"]["tx_status"] == "TRY_AGAIN_LATER"
    assert bodies["rate_limited"]["type"] == f"{ERRORS}/rate_limit_exceeded"
    assert bodies["error"]["type"] == f"{ERRORS}/server_error"
    assert (bodies["refused_lie"]["tx_status"], bodies["refused_lie"]["hash"]) == ("ERROR", hash)
    assert bodies["refused_lie"]["error_result_xdr"] == "AAAAAAAAAAD////1AAAAAA=="


def test_the_older_way_lies_in_its_own_words(network: SimulatedNetwork) -> None:
    envelope = network.signed(network.person())
    network.fault("try_later")
    over = network.hand_in(envelope, path="/transactions").json()
    assert over["type"] == f"{ERRORS}/server_over_capacity"
    network.fault("refused_lie")
    refused = network.hand_in(envelope, path="/transactions").json()
    assert refused["extras"]["result_codes"] == {"transaction": "tx_internal_error"}


def test_an_answer_may_come_late(network: SimulatedNetwork) -> None:
    envelope = network.signed(network.person())
    network.fault("slow", seconds=0.4)
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{network.url}/transactions_async", {"tx": envelope.to_xdr()}, timeout=0.1)
    network.fault("slow", target=READ, seconds=0.3)
    assert network.get("/").elapsed.total_seconds() >= 0.3


@pytest.mark.parametrize(
    ("kind", "status", "type"),
    [
        ("error", 500, "application/problem+json; charset=utf-8"),
        ("rate_limited", 429, "application/problem+json; charset=utf-8"),
        ("garbage", 200, "text/html; charset=utf-8"),
    ],
)
def test_a_question_may_be_answered_badly(
    network: SimulatedNetwork, kind: str, status: int, type: str
) -> None:
    network.fault(kind, target=READ)
    answer = network.get("/fee_stats")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, type)
    assert network.get("/fee_stats").status_code == 200


def test_a_question_may_get_no_answer(network: SimulatedNetwork) -> None:
    network.fault("down", target=READ)
    with pytest.raises(requests.ConnectionError):
        network.get("/")


def test_all_that_is_stale_is_of_the_same_time(network: SimulatedNetwork) -> None:
    person, path = network.person(), "/transactions"
    before = network.get(f"/accounts/{person.public_key}").json()
    envelope = network.signed(person)
    hash = network.land(envelope)
    late_comer = network.person()
    number = network.close(3)
    network.fault("stale", target=READ, ledgers=5, times=None)

    stale = str(number - 5)
    root = network.get("/")
    assert root.json()["history_latest_ledger"] == 1001
    assert network.get(f"/accounts/{person.public_key}").json() == before
    answers = [
        network.get(f"/accounts/{late_comer.public_key}"),
        network.get(f"{path}/{hash}"),
        network.get(f"{path}/{hash}/operations"),
        network.get(f"/ledgers/{number}"),
        network.get(f"/ledgers/{number}/payments"),
    ]
    for answer in answers:
        assert answer.status_code == 404, answer.url
    assert answers[0].headers["Latest-Ledger"] == stale
    assert hash not in network.get("/payments").text
    assert network.records("/ledgers", order="desc", limit=1)[0]["sequence"] == number - 5

    requests.delete(f"{network.simulators.url}/control/faults", timeout=SECONDS_MAX)
    assert network.get(f"{path}/{hash}").status_code == 200


def test_what_is_stale_is_never_older_than_the_network(network: SimulatedNetwork) -> None:
    network.close(2)
    network.fault("stale", target=READ, ledgers=60)
    assert network.get("/").json()["history_latest_ledger"] == 1000


def test_a_surge_asks_a_higher_fee_until_it_is_over(network: SimulatedNetwork) -> None:
    person, other = network.person(), network.person()
    network.fault("surge", target=NETWORK, factor=30, times=2)
    network.close()
    assert network.get("/fee_stats").json()["fee_charged"]["p50"] == "3000"
    cheap = network.hand_in(network.signed(person))
    assert (cheap.status_code, cheap.json()["tx_status"]) == (400, "ERROR")
    hash = network.land(network.signed(other, fee=5000))
    assert network.get(f"/transactions/{hash}").json()["fee_charged"] == "3000"
    network.close()
    assert network.get("/fee_stats").json()["fee_charged"]["p50"] == "100"
    network.land(network.signed(person))


def test_a_halted_network_closes_no_ledger(network: SimulatedNetwork) -> None:
    envelope = network.signed(network.person())
    network.fault("halt", target=NETWORK, times=None)
    number = network.close(3)
    assert number == 1001
    assert network.simulators.get("/control/horizon")["is_halted"] is True
    assert network.hand_in(envelope).status_code == 201
    requests.delete(f"{network.simulators.url}/control/faults", timeout=SECONDS_MAX)
    assert network.simulators.get("/control/horizon")["is_halted"] is False
    assert network.close() == 1002
    assert network.get(f"/transactions/{envelope.hash_hex()}").status_code == 200


def test_a_halt_may_be_of_so_many_ledgers(network: SimulatedNetwork) -> None:
    network.fault("halt", target=NETWORK, times=2)
    assert [network.close() for _ in range(3)] == [1000, 1000, 1001]


def test_a_fault_of_the_network_knows_no_phones(network: SimulatedNetwork) -> None:
    content = {"target": READ, "kind": "down", "phone": "+254712345678"}
    url = f"{network.simulators.url}/control/faults"
    answer = requests.post(url, json=content, timeout=SECONDS_MAX)
    assert (answer.status_code, "phone" in answer.json()["error"]) == (400, True)
    assert network.get(f"/accounts/{Keypair.random().public_key}").status_code == 404
