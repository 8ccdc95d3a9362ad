"""What Horizon has shown outlives the program, however that ends; a reset begins anew."""

from pathlib import Path
from typing import Any

import pytest
from stellar_sdk import Account, Keypair, TransactionBuilder

from simulators.faults import Faults
from simulators.horizon.ledger.chain import Chain
from simulators.horizon.ledger.types import Ledger
from simulators.horizon.node import FAULTS, NETWORK, Knobs, Node
from tests.simulators.horizon.simulated_network import (
    PASSPHRASE,
    KillableSimulators,
    SimulatedNetwork,
)
from tests.simulators.program import Simulators


def _node(folder: Path | None, *, passphrase: str = PASSPHRASE) -> Node:
    faults = Faults({NETWORK: FAULTS})
    return Node(passphrase=passphrase, folder=folder, faults=faults, knobs=Knobs(ledger_seconds=0))


def test_all_that_was_shown_is_there_after_a_kill(tmp_path: Path) -> None:
    with KillableSimulators(tmp_path) as simulators:
        network = SimulatedNetwork(simulators)
        person = network.person()
        hash = network.land(network.signed(person))
        network.close(3)
        paths = (
            "/",
            "/ledgers",
            f"/accounts/{person.public_key}",
            f"/transactions/{hash}",
            f"/accounts/{person.public_key}/payments",
            "/effects",
        )
        shown = [_without_links(network.get(path).json()) for path in paths]
        waiting = network.signed(person)
        assert network.hand_in(waiting).status_code == 201
        simulators.kill()
    with KillableSimulators(tmp_path) as simulators:
        network = SimulatedNetwork(simulators)
        assert [_without_links(network.get(path).json()) for path in paths] == shown
        # What only waited is lost, and may be handed in again.
        assert network.close() == 1006
        assert network.get(f"/transactions/{waiting.hash_hex()}").status_code == 404
        network.land(waiting)
        first, second = network.records("/ledgers", order="desc", limit=2)
        assert first["prev_hash"] == second["hash"]


def _without_links(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "_links"}


def test_a_reset_begins_a_network_without_accounts(network: SimulatedNetwork) -> None:
    person = network.person()
    hash = network.land(network.signed(person))
    number = network.close(5)
    resets = network.simulators.get("/control/horizon")["resets"]
    told = network.control("reset")
    assert (told["ledger"], told["resets"]) == (1000, resets + 1)
    assert number > told["ledger"]
    assert network.get(f"/accounts/{person.public_key}").status_code == 404
    assert network.get(f"/transactions/{hash}").status_code == 404
    assert network.records("/payments") == []
    assert [each["sequence"] for each in network.records("/ledgers")] == [1000]
    network.person()


def test_a_reset_outlives_the_program(tmp_path: Path) -> None:
    node = _node(tmp_path)
    for _ in range(60):
        node.close()
    node.reset()
    assert _node(tmp_path).latest.sequence == 1000


def test_without_a_folder_nothing_is_kept() -> None:
    node = _node(None)
    node.close()
    assert (node.latest.sequence, _node(None).latest.sequence) == (1001, 1000)


def test_state_of_another_network_is_forgotten(tmp_path: Path) -> None:
    node = _node(tmp_path)
    node.close()
    other = _node(tmp_path, passphrase="Another Network ; 2026")
    assert other.latest.sequence == 1000
    assert other.chain.account(other.chain.root_keypair.public_key) is not None


def test_ledgers_are_shown_only_when_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a transaction could be unknown as of the very ledger that holds it."""
    node = _node(None)
    root = node.chain.root_keypair.public_key
    during: list[tuple[int, int, int]] = []

    def add(ledger: Ledger, *, state: bytes | None) -> None:
        before = node.account(root, ledger=node.latest.sequence)
        assert before is not None
        during.append((ledger.sequence, node.latest.sequence, before.sequence))

    monkeypatch.setattr(node.history, "add", add)
    _pay_from_root(node.chain)
    node.close()
    assert during == [(1001, 1000, 0)]
    after = node.account(root, ledger=node.latest.sequence)
    assert after is not None
    assert (node.latest.sequence, after.sequence) == (1001, 1)


def _pay_from_root(chain: Chain) -> None:
    builder = TransactionBuilder(Account(chain.root_keypair.public_key, 0), chain.passphrase, 100)
    builder.append_create_account_op(Keypair.random().public_key, "5").set_timeout(60)
    envelope = builder.build()
    envelope.sign(chain.root_keypair)
    assert chain.submit(envelope.to_xdr()).status == "PENDING"


def test_only_so_many_ledgers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.horizon.history.LEDGERS_MAX", 20)
    node = _node(None)
    for _ in range(50):
        node.close()
    assert node.history.oldest_token() >> 32 == 1050 - 20
    assert node.history.ledger(1029) is None


def test_ledgers_close_by_the_clock(network: SimulatedNetwork) -> None:
    network.control("settings", ledger_seconds=0.05)
    envelope = network.signed(Keypair.from_secret(network.person().secret))
    landed = network.hand_in(envelope, path="/transactions")
    assert landed.status_code == 200
    assert landed.json()["ledger"] > 1001


def test_the_program_reads_how_often_ledgers_close() -> None:
    environment = {"SIMULATORS_LEDGER_SECONDS": "7", "SIMULATORS_SUBMIT_SECONDS": "3"}
    with Simulators(environment) as simulators:
        told = simulators.get("/control/horizon")
    assert (told["ledger_seconds"], told["submit_seconds"]) == (7, 3)
