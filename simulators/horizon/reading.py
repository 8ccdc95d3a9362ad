"""What can be asked of Horizon: root, fees, accounts, and pages of what happened.

A fault can let a question be answered as of some ledgers ago, by a server that lags behind: then
everything in that answer, and the ledger that it names, is of that time.
"""

import base64
import time
from typing import Any

from flask import Response

from simulators.faults import Fault, Kind, Parameter
from simulators.guard import drop_connection
from simulators.horizon import answers, asking, records
from simulators.horizon.ledger.types import BASE_FEE, Account, Ledger
from simulators.horizon.node import Node
from simulators.horizon.streaming import Streams, Wanted
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
    Kind(
        "pruned",
        "only the last ledgers are remembered",
        (Parameter("ledgers", 5, 1, 60, whole=True),),
    ),
    Kind("stream_cut", "a stream ends in the middle of an event"),
)
_PERCENTILES = ("p10", "p20", "p30", "p40", "p50", "p60", "p70", "p80", "p90", "p95", "p99")
_OPERATIONS_MAX = 4095  # of a transaction, by the bits that a token has for them


class Unknown(LookupError):
    """There is nothing of that name in the ledgers that are shown."""


class Reader:
    """Answers questions about one node, each as of the ledger `latest`; raises Unknown."""

    def __init__(self, world: World, node: Node) -> None:
        self._faults = world.faults
        self._node = node
        self._streams = Streams(node=node, faults=world.faults, target=TARGET)

    def view(self) -> Ledger:
        """Return the ledger that this question is answered from."""
        stale = self._strikes("stale")
        return self._node.ago(int(stale.parameters["ledgers"])) if stale else self._node.latest

    def broken(self, latest: Ledger) -> Response | None:
        """Return the answer of a server that is not well; None from one that is."""
        if slow := self._strikes("slow"):
            time.sleep(slow.parameters["seconds"])
        if self._strikes("down"):
            return drop_connection()
        if self._strikes("error"):
            return answers.problem("server_error", latest=latest)
        if self._strikes("rate_limited"):
            return answers.problem("rate_limit_exceeded", latest=latest)
        if self._strikes("garbage"):
            return Response(
                "<html><body>It works!</body></html>", 200, content_type="text/html; charset=utf-8"
            )
        return None

    def root(self, latest: Ledger) -> Response:
        """Answer what the network is and where it stands."""
        body = {
            "horizon_version": "24.0.0-simulated",
            "core_version": "stellar-core 23.0.0-simulated",
            "ingest_latest_ledger": latest.sequence,
            "history_latest_ledger": latest.sequence,
            "history_latest_ledger_closed_at": records.time(latest.closed_at),
            "history_elder_ledger": self._node.history.oldest_token() >> 32,
            "core_latest_ledger": self._node.latest.sequence,
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

    def account(self, latest: Ledger, *, address: str) -> Response:
        """Answer how an account stands."""
        return answers.found(records.account(self._account(address, latest)), latest=latest)

    def data(self, latest: Ledger, *, address: str, name: str) -> Response:
        """Answer what a data entry of an account holds."""
        entry = self._account(address, latest).data.get(name)
        if entry is None:
            raise Unknown(name)
        value = {"value": base64.b64encode(entry.value).decode()}
        sponsor = {"sponsor": entry.sponsor} if entry.sponsor else {}
        return answers.found({**value, **sponsor}, latest=latest)

    def ledger(self, latest: Ledger, *, sequence: int) -> Response:
        """Answer a ledger."""
        return answers.found(self._ledger(sequence, latest), latest=latest)

    def transaction(self, latest: Ledger, *, hash: str) -> Response:
        """Answer what became of a transaction, asked for by either of its hashes."""
        return answers.found(self._transaction(hash, latest), latest=latest)

    def operation(self, latest: Ledger, *, token: int) -> Response:
        """Answer an operation."""
        record = self._node.history.operation(token) if token < 1 << 63 else None
        if record is None or token >> 32 > latest.sequence:
            raise Unknown(str(token))
        return answers.found(record, latest=latest)

    def page(self, latest: Ledger, *, kind: str) -> Response:
        """Answer a page of all that happened, or a stream of it."""
        return self._page(latest, kind)

    def page_of_account(self, latest: Ledger, *, kind: str, address: str) -> Response:
        """Answer a page of what an account had a part in, or a stream of it."""
        asking.check_address(address)
        if not self._node.history.knows(address):
            self._account(address, latest)
        return self._page(latest, kind, account=address)

    def page_of_ledger(self, latest: Ledger, *, kind: str, sequence: int) -> Response:
        """Answer a page of what is in a ledger."""
        self._ledger(sequence, latest)
        within = (records.toid(sequence), records.toid(sequence + 1) - 1)
        return self._page(latest, kind, within=within)

    def page_of_transaction(self, latest: Ledger, *, kind: str, hash: str) -> Response:
        """Answer a page of what is in a transaction, also in one that failed."""
        token = int(self._transaction(hash, latest)["paging_token"])
        return self._page(
            latest, kind, within=(token, token + _OPERATIONS_MAX), include_failed=True
        )

    def page_of_operation(self, latest: Ledger, *, kind: str, token: int) -> Response:
        """Answer a page of an operation's effects."""
        self.operation(latest, token=token)
        return self._page(latest, kind, within=(token, token))

    def _page(self, latest: Ledger, kind: str, **filters: Any) -> Response:
        wanted = asking.asked()
        newest = records.toid(latest.sequence + 1) - 1
        after = asking.position(wanted.cursor, newest=newest, kind=kind)
        filters = {"include_failed": wanted.include_failed, **filters}
        if asking.wants_stream():
            return self._streams.answer(Wanted(kind, after, filters))
        if pruned := self._strikes("pruned"):
            oldest = records.toid(latest.sequence - int(pruned.parameters["ledgers"]))
            if after is not None and after[0] < oldest - 1:
                return answers.problem("before_history", latest=latest)
            if after is None and not wanted.is_descending:
                after = (oldest - 1, asking.TOKEN_MAX)
        found = self._node.history.page(
            kind,
            after=after,
            limit=wanted.limit,
            is_descending=wanted.is_descending,
            until=latest.sequence,
            **filters,
        )
        return answers.page(found, wanted=wanted, latest=latest)

    def _account(self, address: str, latest: Ledger) -> Account:
        asking.check_address(address)
        found = self._node.account(address, ledger=latest.sequence)
        if found is None:
            raise Unknown(address)
        return found

    def _ledger(self, sequence: int, latest: Ledger) -> dict[str, Any]:
        record = self._node.history.ledger(sequence) if sequence <= latest.sequence else None
        if record is None:
            raise Unknown(str(sequence))
        return record

    def _transaction(self, hash: str, latest: Ledger) -> dict[str, Any]:
        asking.check_hash(hash)
        found = self._node.history.transaction(hash)
        if found is None or found["ledger"] > latest.sequence:
            raise Unknown(hash)
        return found

    def _strikes(self, kind: str) -> Fault | None:
        return self._faults.take(target=TARGET, kind=kind, phones=())
