"""Handing in by both ways, and friendbot: the answers of a server that is well."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from stellar_sdk import Account, Asset, Keypair, Payment, TransactionBuilder, xdr
from stellar_sdk.exceptions import BadRequestError, BadResponseError

from tests.simulators.horizon.simulated_network import PASSPHRASE, SimulatedNetwork

ERRORS = "https://stellar.org/horizon-errors"


def test_what_is_handed_in_waits_for_a_ledger(network: SimulatedNetwork) -> None:
    envelope = network.signed(network.person())
    hash = envelope.hash_hex()
    answer = network.hand_in(envelope)
    assert (answer.status_code, answer.json()) == (201, {"tx_status": "PENDING", "hash": hash})
    assert network.get(f"/transactions/{hash}").status_code == 404
    assert network.simulators.get("/control/horizon")["waiting"] == 1
    network.close()
    assert network.get(f"/transactions/{hash}").json()["successful"] is True


def test_the_same_again_is_a_duplicate_and_another_must_wait(network: SimulatedNetwork) -> None:
    person = network.person()
    first, other = network.signed(person), network.signed(person, fee=200)
    network.hand_in(first)
    again = network.hand_in(first)
    assert (again.status_code, again.json()["tx_status"]) == (409, "DUPLICATE")
    later = network.hand_in(other)
    assert later.status_code == 503
    assert later.json() == {"tx_status": "TRY_AGAIN_LATER", "hash": other.hash_hex()}


def test_what_has_landed_is_not_taken_again(network: SimulatedNetwork) -> None:
    envelope = network.signed(network.person())
    hash = network.land(envelope)
    answer = network.hand_in(envelope)
    assert (answer.status_code, answer.json()["tx_status"]) == (503, "TRY_AGAIN_LATER")
    assert network.get(f"/transactions/{hash}").status_code == 200


def test_what_cannot_enter_is_refused_with_its_result(network: SimulatedNetwork) -> None:
    person = network.person()
    first, envelope = network.signed(person), network.signed(person, fee=200)
    network.land(first)  # and with it the sequence of both is used up
    answer = network.hand_in(envelope)
    assert answer.status_code == 400
    told = answer.json()
    assert (told["tx_status"], told["hash"]) == ("ERROR", envelope.hash_hex())
    result = xdr.TransactionResult.from_xdr(told["error_result_xdr"]).result
    assert result.code == xdr.TransactionResultCode.txBAD_SEQ
    assert "problem" not in answer.headers["Content-Type"]


@pytest.mark.parametrize("path", ["/transactions", "/transactions_async"])
def test_what_is_no_envelope_is_malformed(network: SimulatedNetwork, path: str) -> None:
    for envelope in ("", "garbage", "AAAA"):
        answer = network.hand_in(envelope, path=path)
        assert answer.status_code == 400
        assert answer.json()["type"] == f"{ERRORS}/transaction_malformed"
        assert answer.json()["extras"] == {"envelope_xdr": envelope}


@pytest.mark.parametrize("path", ["/transactions", "/transactions_async"])
def test_only_forms_are_taken_of_either_kind(network: SimulatedNetwork, path: str) -> None:
    envelope = network.signed(network.person()).to_xdr()
    as_json = requests.post(network.url + path, json={"tx": envelope}, timeout=10)
    assert as_json.status_code == 415
    assert as_json.json()["type"] == f"{ERRORS}/unsupported_media_type"
    assert network.simulators.get("/control/horizon")["waiting"] == 0
    multipart = requests.post(network.url + "/transactions_async", files={"tx": (None, envelope)},
                              timeout=10)  # fmt: skip
    assert multipart.status_code == 201
    too_large = requests.post(network.url + path, data={"tx": "A" * 300_000}, timeout=10)
    assert too_large.status_code == 413


def test_the_older_way_answers_when_a_ledger_holds_it(network: SimulatedNetwork) -> None:
    envelope = network.signed(network.person())
    with ThreadPoolExecutor() as pool:
        waits = pool.submit(network.server.submit_transaction, envelope, True)
        while not network.simulators.get("/control/horizon")["waiting"]:
            assert not waits.done()
        network.close()
        landed = waits.result(10)
    assert (landed["hash"], landed["successful"]) == (envelope.hash_hex(), True)
    # What has landed may be handed in again: it is answered as the first time.
    assert network.server.submit_transaction(envelope, True) == landed


def test_the_older_way_tells_the_codes_of_what_failed(network: SimulatedNetwork) -> None:
    person = network.person()
    nobody = Keypair.random().public_key
    envelope = network.signed(person, Payment(nobody, Asset.native(), "1"))
    network.land(envelope)
    with pytest.raises(BadRequestError) as failed:
        network.server.submit_transaction(envelope, True)
    assert failed.value.type == f"{ERRORS}/transaction_failed"
    assert failed.value.extras is not None
    assert failed.value.extras["result_codes"] == {
        "transaction": "tx_failed",
        "operations": ["op_no_destination"],
    }
    assert failed.value.extras["envelope_xdr"] == envelope.to_xdr()
    builder = TransactionBuilder(Account(person.public_key, 5), PASSPHRASE, base_fee=100)
    out_of_order = builder.append_bump_sequence_op(1).set_timeout(60).build()
    out_of_order.sign(person)
    with pytest.raises(BadRequestError) as refused:
        network.server.submit_transaction(out_of_order, True)
    assert refused.value.extras is not None
    assert refused.value.extras["result_codes"] == {"transaction": "tx_bad_seq"}


def test_the_older_way_gives_up_waiting_and_says_how_to_ask(network: SimulatedNetwork) -> None:
    network.control("settings", submit_seconds=0.1)
    envelope = network.signed(network.person())
    with pytest.raises(BadResponseError) as lost:
        network.server.submit_transaction(envelope, True)
    assert (lost.value.status, lost.value.type) == (504, f"{ERRORS}/transaction_submission_timeout")
    assert lost.value.extras == {
        "hash": envelope.hash_hex(),
        "envelope_xdr": envelope.to_xdr(),
    }
    network.close()
    assert network.get(f"/transactions/{envelope.hash_hex()}").status_code == 200


def test_friendbot_gives_once(network: SimulatedNetwork) -> None:
    someone = Keypair.random().public_key
    given = network.get("/friendbot", addr=someone)
    assert (given.status_code, given.json()["successful"]) == (200, True)
    account = network.get(f"/accounts/{someone}").json()
    assert account["balances"][0]["balance"] == "10000.0000000"
    again = network.get("/friendbot", addr=someone)
    assert again.status_code == 400
    assert again.json()["detail"] == "account already funded to starting balance"
    assert network.get("/friendbot", addr="nobody").json()["extras"]["invalid_field"] == "addr"


def test_friendbot_serves_many_at_once_in_few_ledgers(network: SimulatedNetwork) -> None:
    network.control("settings", ledger_seconds=1)
    people = [Keypair.random().public_key for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda each: network.get("/friendbot", addr=each), people))
    assert [answer.status_code for answer in answers] == [200] * 20
    assert len({answer.json()["hash"] for answer in answers}) <= 4
    created = network.records("/payments", limit=200)
    assert sorted(each["account"] for each in created) == sorted(people)


def test_friendbot_gives_up_when_the_network_stands_still(network: SimulatedNetwork) -> None:
    network.control("settings", submit_seconds=0.1)
    network.fault("halt", target="horizon.network", times=None)
    answer = network.get("/friendbot", addr=Keypair.random().public_key)
    assert answer.json()["type"] == f"{ERRORS}/transaction_submission_timeout"
