"""Streams tell what there is and what comes, each once, and leave room for others."""

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from stellar_sdk import Asset, Payment

from tests.simulators.horizon.simulated_network import SimulatedNetwork
from tests.simulators.program import SECONDS_MAX

STREAMS_MAX = 16


class EventStream:
    """A stream as it comes over the wire."""

    def __init__(self, answer: requests.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines(chunk_size=1, decode_unicode=True)

    def event(self) -> dict[str, str]:
        """Return the next event's fields."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if not line:
                return fields
            name, _, value = line.partition(": ")
            fields[name] = value
        raise EOFError

    def records(self, count: int) -> list[dict[str, Any]]:
        """Return the next records."""
        return [json.loads(self.event()["data"]) for _ in range(count)]


@contextlib.contextmanager
def streaming(
    network: SimulatedNetwork, path: str, *, last_id: str = "", **query: str
) -> Iterator[EventStream]:
    """Open a stream, past its greeting."""
    headers = {"Accept": "text/event-stream"}
    if last_id:
        headers["Last-Event-ID"] = last_id
    url = network.url + path
    with requests.get(url, params=query, headers=headers, stream=True, timeout=10) as answer:
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        stream = EventStream(answer)
        assert stream.event() == {"retry": "1000", "event": "open", "data": '"hello"'}
        yield stream


@pytest.mark.parametrize("path", ["/ledgers", "/transactions", "/operations", "/payments"])
def test_a_stream_tells_what_there_was_and_what_comes(network: SimulatedNetwork, path: str) -> None:
    person = network.person()
    network.land(network.signed(person))
    before = network.records(path)
    with streaming(network, path) as stream:
        assert stream.records(len(before)) == before
        network.land(network.signed(person))
        assert stream.records(1) == network.records(path)[len(before) :]


def test_each_event_is_named_by_its_token(network: SimulatedNetwork) -> None:
    network.person()
    with streaming(network, "/effects") as stream:
        event = stream.event()
        assert event["id"] == json.loads(event["data"])["paging_token"]
        assert "-" in event["id"]


@pytest.mark.parametrize("path", ["/payments", "/effects"])
def test_who_comes_back_hears_what_she_has_missed(network: SimulatedNetwork, path: str) -> None:
    person = network.person()
    lumen = Payment(person.public_key, Asset.native(), "1")
    network.land(network.signed(person, lumen, lumen))
    all_records = network.records(path)
    last = all_records[0]["paging_token"]
    for cursor, last_id in ((last, ""), ("", last), ("now", last)):
        query = {"cursor": cursor} if cursor else {}
        with streaming(network, path, last_id=last_id, **query) as stream:
            assert stream.records(len(all_records) - 1) == all_records[1:]


def test_from_now_on_means_that_the_past_is_not_told(network: SimulatedNetwork) -> None:
    person = network.person()
    with streaming(network, "/payments", cursor="now") as stream:
        hash = network.land(network.signed(person))
        (record,) = stream.records(1)
        assert record["transaction_hash"] == hash


def test_a_stream_may_be_of_one_account(network: SimulatedNetwork) -> None:
    person, other = network.person(), network.person()
    path = f"/accounts/{person.public_key}/payments"
    with streaming(network, path, cursor="now") as stream:
        network.land(network.signed(other))
        hash = network.land(network.signed(person))
        assert stream.records(1)[0]["transaction_hash"] == hash


def test_a_stream_tells_of_what_failed_only_when_asked_to(network: SimulatedNetwork) -> None:
    person = network.person()
    nobody = "GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF"
    failed = network.land(network.signed(person, Payment(nobody, Asset.native(), "1")))
    landed = network.land(network.signed(person))
    path = f"/accounts/{person.public_key}/transactions"
    for include_failed, hashes in (("false", {landed}), ("true", {failed, landed})):
        with streaming(network, path, include_failed=include_failed) as stream:
            records = stream.records(len(hashes) + 1)  # one more: her account's creation
            assert hashes <= {record["hash"] for record in records}


def test_the_sdk_reads_a_stream(network: SimulatedNetwork) -> None:
    person = network.person()
    hashes = [network.land(network.signed(person)) for _ in range(3)]
    call = network.server.payments().for_account(person.public_key).cursor("now")
    call = call.cursor(network.records("/payments")[0]["paging_token"])
    stream = call.stream()
    assert [next(stream)["transaction_hash"] for _ in range(3)] == hashes
    stream.close()  # type: ignore[attr-defined]


def test_a_stream_that_is_cut_breaks_off_within_an_event(network: SimulatedNetwork) -> None:
    network.person()
    network.fault("stream_cut", target="horizon.read")
    # A stream that ends as it should would be the end of the lines, not this.
    broken = pytest.raises(requests.exceptions.ChunkedEncodingError)
    with streaming(network, "/payments") as stream, broken:
        stream.event()
    with streaming(network, "/payments") as stream:
        assert stream.records(1)


def test_a_stream_ends_politely_when_its_time_is_over(network: SimulatedNetwork) -> None:
    network.control("settings", stream_seconds=0.1)
    with streaming(network, "/payments", cursor="now") as stream:
        assert stream.event() == {"retry": "10", "event": "close", "data": '"byebye"'}
        with pytest.raises(EOFError):
            stream.event()


def test_a_new_network_ends_the_streams_of_the_old(network: SimulatedNetwork) -> None:
    with streaming(network, "/payments", cursor="now") as stream:
        network.control("reset")
        assert stream.event() == {"retry": "10", "event": "close", "data": '"byebye"'}


def test_there_are_only_so_many_streams_and_those_who_left_make_room(
    network: SimulatedNetwork,
) -> None:
    for _ in range(2):
        with contextlib.ExitStack() as open_streams:
            for _ in range(STREAMS_MAX):
                _open_patiently(network, open_streams)
            with _opened(network) as one_more:
                assert one_more == 429
            assert network.get("/").status_code == 200


@contextlib.contextmanager
def _opened(network: SimulatedNetwork) -> Iterator[int]:
    """Ask for a stream and keep it; give the answer's status."""
    headers = {"Accept": "text/event-stream"}
    url = f"{network.url}/payments"
    with requests.get(url, headers=headers, stream=True, timeout=10) as answer:
        yield answer.status_code


def _open_patiently(network: SimulatedNetwork, streams: contextlib.ExitStack) -> None:
    """Open a stream, trying again while it is being found out that others have left."""
    ends_at = time.monotonic() + SECONDS_MAX
    while streams.enter_context(_opened(network)) != 200:
        assert time.monotonic() < ends_at
        time.sleep(0.05)
