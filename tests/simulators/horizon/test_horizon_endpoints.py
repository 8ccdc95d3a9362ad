"""What Horizon shows has Horizon's shapes, as the SDK reads them."""

import base64

import pytest
import requests
from stellar_sdk import (
    Asset,
    ChangeTrust,
    CreateAccount,
    Keypair,
    ManageData,
    Payment,
    TransactionBuilder,
)
from stellar_sdk.exceptions import BadRequestError, NotFoundError

from tests.simulators.horizon.simulated_network import PASSPHRASE, SimulatedNetwork

ERRORS = "https://stellar.org/horizon-errors"


def test_the_root_says_which_network_it_is_and_where_it_stands(network: SimulatedNetwork) -> None:
    number = network.close(3)
    root = network.server.root().call()
    assert root["network_passphrase"] == PASSPHRASE
    assert root["history_latest_ledger"] == root["core_latest_ledger"] == number == 1003
    assert root["history_elder_ledger"] == 1000
    assert root["history_latest_ledger_closed_at"].endswith("Z")


def test_fees_are_told_as_texts(network: SimulatedNetwork) -> None:
    stats = network.server.fee_stats().call()
    assert (stats["last_ledger"], stats["last_ledger_base_fee"]) == ("1000", "100")
    assert set(stats["fee_charged"]) == set(stats["max_fee"])
    assert {stats["fee_charged"][name] for name in ("min", "mode", "p10", "p95", "max")} == {"100"}
    assert network.server.fetch_base_fee() == 100


def test_an_account_is_shown_with_all_that_it_owns(network: SimulatedNetwork) -> None:
    person, issuer = network.person(), network.person()
    shilling = Asset("KESX", issuer.public_key)
    network.land(network.signed(person, ChangeTrust(shilling, "500"), ManageData("root", b"\1\2")))
    found = network.server.accounts().account_id(person.public_key).call()
    assert found["account_id"] == found["paging_token"] == person.public_key
    assert found["sequence"] == str((1001 << 32) + 1)
    assert (found["subentry_count"], found["last_modified_ledger"]) == (2, 1003)
    line, native = found["balances"]
    assert (line["asset_code"], line["balance"], line["limit"]) == (
        "KESX",
        "0.0000000",
        "500.0000000",
    )
    assert (native["asset_type"], native["balance"]) == ("native", "99.9999800")
    assert found["signers"] == [
        {"weight": 1, "key": person.public_key, "type": "ed25519_public_key"}
    ]
    assert base64.b64decode(found["data"]["root"]) == b"\1\2"
    data = network.server.accounts().account_id(person.public_key)
    assert data.call()["data"] == {"root": "AQI="}
    assert network.get(f"/accounts/{person.public_key}/data/root").json() == {"value": "AQI="}
    assert network.get(f"/accounts/{person.public_key}/data/other").status_code == 404


def test_a_ledger_is_shown_with_what_it_held(network: SimulatedNetwork) -> None:
    person = network.person()
    network.land(network.signed(person))
    ledger = network.server.ledgers().ledger(1002).call()
    before = network.server.ledgers().ledger(1001).call()
    assert (ledger["sequence"], ledger["prev_hash"]) == (1002, before["hash"])
    assert ledger["paging_token"] == str(1002 << 32)
    assert (ledger["successful_transaction_count"], ledger["operation_count"]) == (1, 1)
    assert ledger["base_fee_in_stroops"] == 100
    assert network.get("/ledgers/1003").status_code == 404


def test_a_transaction_is_shown_with_memo_bounds_and_result(network: SimulatedNetwork) -> None:
    person = network.person()
    account = network.server.load_account(person.public_key)
    builder = TransactionBuilder(account, PASSPHRASE, base_fee=250).add_text_memo("karo")
    builder.set_ledger_bounds(0, 1010).add_time_bounds(0, 4_000_000_000)
    envelope = builder.append_payment_op(person.public_key, Asset.native(), "1").build()
    envelope.sign(person)
    hash = network.land(envelope)
    found = network.server.transactions().transaction(hash).call()
    assert hash == envelope.hash_hex() == found["id"] == found["hash"]
    assert (found["successful"], found["ledger"], found["operation_count"]) == (True, 1002, 1)
    assert (found["fee_charged"], found["max_fee"]) == ("100", "250")
    assert (found["memo_type"], found["memo"], found["memo_bytes"]) == ("text", "karo", "a2Fybw==")
    assert found["preconditions"]["timebounds"] == {"min_time": "0", "max_time": "4000000000"}
    assert found["preconditions"]["ledgerbounds"] == {"min_ledger": 0, "max_ledger": 1010}
    assert found["envelope_xdr"] == envelope.to_xdr()
    assert found["source_account_sequence"] == str(envelope.transaction.sequence)
    assert len(found["signatures"]) == 1


def test_a_fee_bump_is_found_by_either_hash(network: SimulatedNetwork) -> None:
    person, payer = network.person(), network.person()
    inner = network.signed(person)
    bump = TransactionBuilder.build_fee_bump_transaction(payer, 300, inner, PASSPHRASE)
    bump.sign(payer)
    assert network.land(bump) == bump.hash_hex()
    for hash in (bump.hash_hex(), inner.hash_hex()):
        found = network.server.transactions().transaction(hash).call()
        assert found["id"] == found["hash"] == hash
        assert found["fee_bump_transaction"]["hash"] == bump.hash_hex()
        assert found["inner_transaction"]["hash"] == inner.hash_hex()
        assert (found["max_fee"], found["inner_transaction"]["max_fee"]) == ("600", "100")
        assert found["fee_account"] == payer.public_key
        assert found["source_account"] == person.public_key
        operations = network.records(f"/transactions/{hash}/operations")
        assert [each["type"] for each in operations] == ["payment"]


def test_operations_payments_and_effects_are_told_of_what_happened(
    network: SimulatedNetwork,
) -> None:
    person, child = network.person(), Keypair.random()
    hash = network.land(
        network.signed(
            person,
            CreateAccount(child.public_key, "5"),
            Payment(child.public_key, Asset.native(), "2.5"),
            ManageData("note", b"x"),
        )
    )
    of_child = f"/accounts/{child.public_key}"
    created, paid = network.records(f"{of_child}/payments")
    assert (created["type"], created["type_i"]) == ("create_account", 0)
    assert (created["funder"], created["account"]) == (person.public_key, child.public_key)
    assert (created["starting_balance"], created["transaction_hash"]) == ("5.0000000", hash)
    assert (paid["from"], paid["to"], paid["amount"]) == (
        person.public_key,
        child.public_key,
        "2.5000000",
    )
    assert (paid["asset_type"], paid["type_i"]) == ("native", 1)
    kinds = [each["type"] for each in network.records(f"/transactions/{hash}/operations")]
    assert kinds == ["create_account", "payment", "manage_data"]
    assert len(network.records("/ledgers/1002/operations")) == 3
    assert len(network.records("/ledgers/1002/payments")) == 2
    assert [each["hash"] for each in network.records(f"{of_child}/transactions")] == [hash]
    assert [each["hash"] for each in network.records("/ledgers/1002/transactions")] == [hash]
    effects = network.records(f"{of_child}/effects")
    assert [each["type"] for each in effects[:1]] == ["account_created"]
    assert "account_credited" in [each["type"] for each in effects]
    for effect in effects:
        token, number = effect["paging_token"].split("-")
        assert effect["id"] == f"{int(token):019d}-{int(number):010d}"
    alone = network.get(f"/operations/{paid['id']}").json()
    assert alone == paid
    of_paid = network.records(f"/operations/{paid['id']}/effects")
    assert {each["type"] for each in of_paid} == {"account_credited", "account_debited"}


def test_what_failed_is_hidden_unless_it_is_asked_for(network: SimulatedNetwork) -> None:
    person, stranger = network.person(), Keypair.random()
    pays_nobody = Payment(stranger.public_key, Asset.native(), "1")
    hash = network.land(network.signed(person, pays_nobody))
    for path in ("/transactions", "/operations", "/payments"):
        of_person = f"/accounts/{person.public_key}{path}"
        assert hash not in str(network.records(of_person))
        shown = network.records(of_person, include_failed="true")
        assert hash in str(shown)
    # Who asks for a transaction's own operations knows how it ended.
    (operation,) = network.records(f"/transactions/{hash}/operations")
    assert operation["transaction_successful"] is False
    assert (operation["to"], operation["amount"]) == (stranger.public_key, "1.0000000")
    assert network.records(f"/transactions/{hash}/effects") == []
    record = network.server.transactions().transaction(hash).call()
    assert (record["successful"], record["fee_charged"]) == (False, "100")
    # The payee had a part in it, though she has no account.
    named = network.records(f"/accounts/{stranger.public_key}/payments", include_failed="true")
    assert [each["transaction_hash"] for each in named] == [hash]


def test_only_what_is_said_of_accounts_says_as_of_which_ledger(network: SimulatedNetwork) -> None:
    person = network.person()
    number = str(network.close())
    unknown = Keypair.random().public_key
    paths = ("/", "/fee_stats", "/ledgers", "/payments", "/effects", "/nothing")
    accounts = (f"/accounts/{person.public_key}", f"/accounts/{unknown}", "/accounts/G")
    for path in accounts:
        assert network.get(path).headers["Latest-Ledger"] == number, path
    for path in (*paths, f"/transactions/{'0' * 64}", "/ledgers/5", f"{accounts[0]}/payments"):
        assert "Latest-Ledger" not in network.get(path).headers, path
    assert "Latest-Ledger" not in network.hand_in(network.signed(person)).headers


def test_what_is_not_there_is_a_problem_of_its_own_type(network: SimulatedNetwork) -> None:
    nobody = Keypair.random().public_key
    with pytest.raises(NotFoundError) as missing:
        network.server.load_account(nobody)
    assert (missing.value.type, missing.value.title) == (f"{ERRORS}/not_found", "Resource Missing")
    for path in (
        f"/accounts/{nobody}/payments",
        f"/transactions/{'0' * 64}",
        f"/transactions/{'0' * 64}/effects",
        "/ledgers/999999/transactions",
        "/operations/7",
        "/operations/99999999999999999999999",
        "/claimable_balances",
    ):
        answer = network.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["type"] == f"{ERRORS}/not_found"
        assert answer.headers["Content-Type"] == "application/problem+json; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/accounts/GABC", "account_id"),
        ("/accounts/GABC/payments", "account_id"),
        ("/transactions/xyz", "tx_id"),
        (f"/transactions/{'A' * 64}", "tx_id"),
        ("/payments?limit=0", "limit"),
        ("/payments?limit=201", "limit"),
        ("/payments?limit=%C2%B2", "limit"),
        ("/payments?order=up", "order"),
        ("/payments?cursor=-5", "cursor"),
        ("/payments?cursor=5-1", "cursor"),
        ("/effects?cursor=9999999999999999999", "cursor"),
        ("/operations?include_failed=perhaps", "include_failed"),
    ],
)
def test_a_parameter_that_cannot_be_right_is_named(
    network: SimulatedNetwork, path: str, field: str
) -> None:
    answer = network.get(path)
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["type"] == f"{ERRORS}/bad_request"
    assert problem["extras"]["invalid_field"] == field


def test_the_sdk_hears_a_bad_request(network: SimulatedNetwork) -> None:
    with pytest.raises(BadRequestError) as refused:
        network.server.payments().cursor("nowhere").call()
    assert refused.value.status == 400
    assert refused.value.extras is not None


def test_a_form_of_answer_that_there_is_not_is_refused(network: SimulatedNetwork) -> None:
    for accept, path, status in (
        ("text/html", "/payments", 406),
        ("text/event-stream", "/fee_stats", 406),
        ("text/html,*/*;q=0.8", "/payments", 200),
        ("application/json", "/payments", 200),
    ):
        answer = requests.get(network.url + path, headers={"Accept": accept}, timeout=10)
        assert answer.status_code == status, (accept, path)
