"""What can be asked of Horizon: root, fees, accounts, and pages of what happened.

A fault can let a question be answered as of some ledgers ago, by a server that lags behind: then
everything in that answer, and the ledger that it names, is of that time.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request

from simulators.faults import Fault, Kind, Parameter
from simulators.guard import drop_connection
from simulators.horizon import answers, records
from simulators.horizon.answers import BadRequest
from simulators.horizon.ledger.types import BASE_FEE, Ledger
from simulators.horizon.node import Node
from simulators.world import World

TARGET = "horizon.read"
FAULTS = (
    Kind("slow", "the answer takes its time", (Parameter("seconds", 5, 0.05, 300),)),
    Kind("down", "the connection is dropped"),
    Kind("error", "the answer is a server error"),
    Kind("rate_limited", "the answer is 429"),
    Kind("garbage", "the answer is a page of something else"),
    Kind(
        "stale",
        "the answer is from some ledgers ago",
        (Parameter("ledgers", 5, 1, 60, whole=True),),
    ),
    Kind("stream_cut", "a stream ends in the middle"),
)
_KINDS = ("transactions", "operations", "payments", "effects")
_STREAM_SECONDS = 55.0
_STREAMS_MAX = 16
_PERCENTILES = ("p10", "p20", "p30", "p40", "p50", "p60", "p70", "p80", "p90", "p95", "p99")


class Reader:
    """Answers questions about one node."""

    def __init__(self, world: World, node: Node) -> None:
        self._world = world
        self._node = node
        self._streams = 0

    def strike(self, kind: str) -> Fault | None:
        """Return the fault of that kind that strikes this question."""
        return self._world.faults.take(target=TARGET, kind=kind, phones=())

    def broken(self, latest: Ledger) -> Response | None:
        """Return the answer of a server that is not well; None from one that is."""
        if slow := self.strike("slow"):
            time.sleep(slow.parameters["seconds"])
        if self.strike("down"):
            return drop_connection()
        if self.strike("error"):
            return answers.problem("server_error", latest=latest)
        if self.strike("rate_limited"):
            return answers.problem("rate_limit_exceeded", latest=latest)
        if self.strike("garbage"):
            return Response("<html><body>It works!</body></html>", 200, content_type="text/html")
        return None

    def view(self) -> tuple[Ledger, int]:
        """Return the ledger that this question is answered from, and how many ago it was."""
        latest = self._node.chain.latest
        stale = self.strike("stale")
        if stale is None:
            return latest, 0
        ago = int(stale.parameters["ledgers"])
        record = self._node.history.ledger(latest.sequence - ago)
        if record is None:
            return latest, 0
        closed_at = int(time.mktime(time.strptime(record["closed_at"], "%Y-%m-%dT%H:%M:%SZ")))
        return (
            Ledger(
                sequence=record["sequence"],
                closed_at=closed_at,
                hash=record["hash"],
                previous_hash=record["prev_hash"],
                operation_count=record["operation_count"],
                failed_transaction_count=record["failed_transaction_count"],
                base_fee=BASE_FEE,
                capacity_usage=0.0,
                transactions=(),
            ),
            ago,
        )

    def root(self, latest: Ledger) -> Response:
        """Answer what the network is and where it stands."""
        body = {
            "horizon_version": "24.0.0-simulated",
            "core_version": "stellar-core 23.0.0-simulated",
            "ingest_latest_ledger": latest.sequence,
            "history_latest_ledger": latest.sequence,
            "history_latest_ledger_closed_at": records.time(latest.closed_at),
            "history_elder_ledger": 1,
            "core_latest_ledger": self._node.chain.latest.sequence,
            "network_passphrase": self._node.chain.passphrase,
            "current_protocol_version": 23,
            "supported_protocol_version": 23,
            "core_supported_protocol_version": 23,
        }
        return answers.found(body, latest=latest)

    def fee_stats(self, latest: Ledger) -> Response:
        """Answer what is bid and paid for an operation."""
        paid = str(max(BASE_FEE, self._node.chain.min_fee))
        spread = dict.fromkeys(("max", "min", "mode", *_PERCENTILES), paid)
        body = {
            "last_ledger": str(latest.sequence),
            "last_ledger_base_fee": str(BASE_FEE),
            "ledger_capacity_usage": f"{latest.capacity_usage:.2f}",
            "fee_charged": spread,
            "max_fee": spread,
        }
        return answers.found(body, latest=latest)

    def account(self, address: str, latest: Ledger, *, ago: int) -> Response:
        """Answer how an account stands."""
        found = self._node.chain.account(address, ledgers_ago=ago)
        if found is None:
            return answers.problem("not_found", latest=latest)
        return answers.found(records.account(found), latest=latest)

    def data(self, address: str, name: str, latest: Ledger, *, ago: int) -> Response:
        """Answer what a data entry of an account holds."""
        found = self._node.chain.account(address, ledgers_ago=ago)
        if found is None or name not in found.data:
            return answers.problem("not_found", latest=latest)
        return answers.found({"value": records.account(found)["data"][name]}, latest=latest)

    def transaction(self, hash: str, latest: Ledger) -> Response:
        """Answer what became of a transaction, asked for by either of its hashes."""
        found = self._node.history.transaction(hash)
        if found is None or found["ledger"] > latest.sequence:
            return answers.problem("not_found", latest=latest)
        return answers.found(found, latest=latest)

    def one(self, record: dict[str, Any] | None, latest: Ledger) -> Response:
        """Answer a record, or that there is none."""
        if record is None:
            return answers.problem("not_found", latest=latest)
        return answers.found(record, latest=latest)

    def page(self, kind: str, latest: Ledger, **filters: Any) -> Response:
        """Answer a page, or a stream where one is asked for."""
        wanted = answers.asked()
        after = _token(wanted.cursor, newest=lambda: self._newest(latest))
        if "text/event-stream" in request.headers.get("Accept", ""):
            return self._stream(kind, after=after, **filters)
        found = self._node.history.page(
            kind,
            after=after,
            limit=wanted.limit,
            is_descending=wanted.is_descending,
            include_failed=wanted.include_failed,
            until=latest.sequence,
            **filters,
        )
        return answers.page(found, wanted=wanted, latest=latest)

    def _newest(self, latest: Ledger) -> int:
        return records.toid(latest.sequence + 1) - 1

    def _stream(self, kind: str, *, after: int | None, **filters: Any) -> Response:
        if self._streams >= _STREAMS_MAX:
            latest = self._node.chain.latest
            return answers.problem("rate_limit_exceeded", latest=latest)
        last = request.headers.get("Last-Event-ID", "")
        begin = int(last) if last.isdigit() else after
        events = self._events(kind, after=begin, **filters)
        return Response(events, content_type="text/event-stream; charset=utf-8")

    def _events(self, kind: str, *, after: int | None, **filters: Any) -> Iterator[str]:
        """Yield what there is and what comes, until it is time for the client to come anew."""
        self._streams += 1
        ends_at = time.monotonic() + _STREAM_SECONDS
        try:
            yield 'retry: 1000\nevent: open\ndata: "hello"\n\n'
            while time.monotonic() < ends_at:
                found = self._node.history.page(kind, after=after, limit=200, **filters)
                for record in found:
                    if self.strike("stream_cut"):
                        return
                    yield f"id: {record['paging_token']}\ndata: {json.dumps(record)}\n\n"
                    after = int(str(record["paging_token"]).split("-")[0])
                if not found:
                    self._node.wait(min(5.0, max(0.05, ends_at - time.monotonic())))
            yield 'retry: 10\nevent: close\ndata: "byebye"\n\n'
        finally:
            self._streams -= 1


def _token(cursor: str, *, newest: Any) -> int | None:
    if cursor == "":
        return None
    if cursor == "now":
        return int(newest())
    head = cursor.split("-")[0]
    if not head.isdigit() or len(head) > 19:
        raise BadRequest("cursor")
    return int(head)


def add(endpoints: Blueprint, reader: Reader) -> None:
    """Add all questions to the blueprint."""

    def rule(path: str, answer: Any) -> None:
        def asked(**names: Any) -> Response:
            latest, ago = reader.view()
            if (wrong := reader.broken(latest)) is not None:
                return wrong
            try:
                return answer(latest, ago, **names)  # type: ignore[no-any-return]
            except BadRequest as error:
                extras = {"invalid_field": str(error)}
                return answers.problem("bad_request", latest=latest, extras=extras)

        endpoints.add_url_rule(path, endpoint=path, view_func=asked, strict_slashes=False)

    def history(latest: Ledger, sequence: int) -> Any:
        return reader.one(reader._node.history.ledger(sequence), latest)

    rule("/", lambda latest, _: reader.root(latest))
    rule("/fee_stats", lambda latest, _: reader.fee_stats(latest))
    rule(
        "/accounts/<address>", lambda latest, ago, address: reader.account(address, latest, ago=ago)
    )
    rule(
        "/accounts/<address>/data/<name>",
        lambda latest, ago, address, name: reader.data(address, name, latest, ago=ago),
    )
    rule("/ledgers", lambda latest, _: reader.page("ledgers", latest))
    rule("/ledgers/<int:sequence>", lambda latest, _, sequence: history(latest, sequence))
    rule("/transactions/<hash>", lambda latest, _, hash: reader.transaction(hash, latest))
    for kind in _KINDS:
        _add_pages(rule, reader, kind)


def _add_pages(rule: Any, reader: Reader, kind: str) -> None:
    def of_account(latest: Ledger, _: int, address: str) -> Response:
        return reader.page(kind, latest, account=address)

    def of_ledger(latest: Ledger, _: int, sequence: int) -> Response:
        tokens = (records.toid(sequence), records.toid(sequence + 1) - 1)
        return reader.page(kind, latest, within=tokens)

    def of_transaction(latest: Ledger, _: int, hash: str) -> Response:
        found = reader._node.history.transaction(hash)
        if found is None:
            return answers.problem("not_found", latest=latest)
        token = int(found["paging_token"])
        return reader.page(kind, latest, within=(token, token + 4095))

    rule(f"/{kind}", lambda latest, _: reader.page(kind, latest))
    rule(f"/accounts/<address>/{kind}", of_account)
    rule(f"/ledgers/<int:sequence>/{kind}", of_ledger)
    if kind != "transactions":
        rule(f"/transactions/<hash>/{kind}", of_transaction)
