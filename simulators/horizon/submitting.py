"""Handing in: both ways that Horizon knows, friendbot, and every lie that can be told about it."""

import json
import time
from typing import Any

from flask import Blueprint, Response, request
from stellar_sdk import Account, Asset, CreateAccount, StrKey, TransactionBuilder
from stellar_sdk.xdr import TransactionResultCode as Tx

from simulators.faults import Fault, Kind, Parameter
from simulators.guard import drop_connection
from simulators.horizon import answers
from simulators.horizon.ledger.chain import MalformedEnvelope
from simulators.horizon.ledger.envelopes import decode
from simulators.horizon.ledger.results import transaction_result
from simulators.horizon.ledger.types import Verdict
from simulators.horizon.node import Node
from simulators.horizon.result_codes import result_codes
from simulators.world import World

TARGET = "horizon.submit"
FAULTS = (
    Kind("slow", "the answer takes its time", (Parameter("seconds", 5, 0.05, 300),)),
    Kind("down", "the connection is dropped before it is taken"),
    Kind("answer_lost", "it is taken, but the connection is dropped"),
    Kind("timeout_landed", "it is taken, but the answer is 504"),
    Kind("timeout_lost", "it is not taken, and the answer is 504"),
    Kind("try_later", "it is not taken: try again later (503)"),
    Kind("try_later_lie", "it is taken, but the answer is to try again later (503)"),
    Kind("refused_lie", "it is taken, but the answer is a refusal (400)"),
    Kind("error", "it is not taken, and the answer is a server error"),
    Kind("rate_limited", "it is not taken, and the answer is 429"),
    Kind("garbage", "it is taken, but the answer is a page of something else"),
)
_TAKEN_FIRST = ("answer_lost", "timeout_landed", "try_later_lie", "refused_lie", "garbage")
_NOT_TAKEN = ("down", "timeout_lost", "try_later", "error", "rate_limited")
_SYNC_SECONDS = 30.0
_FRIENDBOT_LUMENS = "10000"
_STATUSES = {"PENDING": 201, "DUPLICATE": 409, "TRY_AGAIN_LATER": 503, "ERROR": 400}


class Desk:
    """Takes envelopes for one node."""

    def __init__(self, world: World, node: Node) -> None:
        self._world = world
        self._node = node

    def strike(self, kind: str) -> Fault | None:
        """Return the fault of that kind that strikes this envelope."""
        return self._world.faults.take(target=TARGET, kind=kind, phones=())

    def take(self, *, is_sync: bool) -> Response:
        """Take the envelope of this request and answer, truly or not."""
        latest = self._node.chain.latest
        envelope = request.form.get("tx", "")
        if slow := self.strike("slow"):
            time.sleep(slow.parameters["seconds"])
        try:
            hash = decode(envelope, passphrase=self._node.chain.passphrase).hash
        except MalformedEnvelope:
            extras = {"envelope_xdr": envelope}
            return answers.problem("transaction_malformed", latest=latest, extras=extras)
        answer = self._untaken(hash, envelope) or self._taken(hash, envelope, is_sync=is_sync)
        self._world.record.add(
            direction="in",
            target=TARGET,
            fields={"hash": hash},
            answer={"status": answer.status_code, "body": answer.get_data(as_text=True)[:500]},
        )
        return answer

    def _untaken(self, hash: str, envelope: str) -> Response | None:
        """Answer without taking it, if a fault is set."""
        kind = next((each for each in _NOT_TAKEN if self.strike(each)), None)
        return self._lie(kind, hash, envelope) if kind else None

    def _taken(self, hash: str, envelope: str, *, is_sync: bool) -> Response:
        verdict = self._node.chain.submit(envelope)
        kind = None
        if verdict.status == "PENDING":
            kind = next((each for each in _TAKEN_FIRST if self.strike(each)), None)
        if kind:
            return self._lie(kind, hash, envelope)
        return self._wait(verdict, envelope) if is_sync else _told(verdict)

    def _lie(self, kind: str, hash: str, envelope: str) -> Response:
        latest = self._node.chain.latest
        extras = {"hash": hash, "envelope_xdr": envelope}
        if kind in ("down", "answer_lost"):
            return drop_connection()
        if kind in ("timeout_landed", "timeout_lost"):
            return answers.problem("transaction_submission_timeout", latest=latest, extras=extras)
        if kind in ("try_later", "try_later_lie"):
            return _told(Verdict("TRY_AGAIN_LATER", hash))
        if kind == "refused_lie":
            return _told(Verdict("ERROR", hash, transaction_result(Tx.txINTERNAL_ERROR, fee=0)))
        if kind == "rate_limited":
            return answers.problem("rate_limit_exceeded", latest=latest)
        if kind == "garbage":
            return Response("<html>502 Bad Gateway</html>", 200, content_type="text/html")
        return answers.problem("server_error", latest=latest)

    def _wait(self, verdict: Verdict, envelope: str) -> Response:
        """Answer as the older way does: when a ledger holds it, or that none did in time."""
        latest = self._node.chain.latest
        if verdict.status == "ERROR":
            found = self._node.history.transaction(verdict.hash)
            if found is None:
                extras = {
                    "envelope_xdr": envelope,
                    "result_xdr": verdict.result_xdr,
                    "result_codes": result_codes(verdict.result_xdr),
                }
                return answers.problem("transaction_failed", latest=latest, extras=extras)
        ends_at = time.monotonic() + _SYNC_SECONDS
        while (found := self._node.history.transaction(verdict.hash)) is None:
            left = ends_at - time.monotonic()
            if left <= 0:
                extras = {"hash": verdict.hash, "envelope_xdr": envelope}
                return answers.problem(
                    "transaction_submission_timeout", latest=latest, extras=extras
                )
            self._node.wait(min(left, 1.0))
        latest = self._node.chain.latest
        if found["successful"]:
            return answers.found(found, latest=latest)
        codes = result_codes(found["result_xdr"])
        extras = {
            "envelope_xdr": envelope,
            "result_xdr": found["result_xdr"],
            "result_codes": codes,
        }
        return answers.problem("transaction_failed", latest=latest, extras=extras)

    def fund(self, address: str, *, lumens: str) -> Verdict:
        """Have the network's first account create or pay an account."""
        chain = self._node.chain
        root = chain.account(chain.root_keypair.public_key)
        assert root is not None
        builder = TransactionBuilder(
            Account(root.id, root.sequence), chain.passphrase, base_fee=max(100, chain.min_fee)
        )
        if chain.account(address) is None:
            builder.append_operation(CreateAccount(address, lumens))
        else:
            builder.append_payment_op(address, Asset.native(), lumens)
        envelope = builder.set_timeout(300).build()
        envelope.sign(chain.root_keypair)
        return chain.submit(envelope.to_xdr())

    def friendbot(self) -> Response:
        """Create an account for whoever asks, with 10,000 XLM."""
        address = request.args.get("addr", "")
        latest = self._node.chain.latest
        if not StrKey.is_valid_ed25519_public_key(address):
            return answers.problem("bad_request", latest=latest, extras={"invalid_field": "addr"})
        if self._node.chain.account(address) is not None:
            body = {"detail": "account already funded to starting balance", "status": 400}
            return Response(json.dumps(body), 400, content_type="application/problem+json")
        verdict = self.fund(address, lumens=_FRIENDBOT_LUMENS)
        if not self._node.knobs.ledger_seconds:
            self._node.close()
        ends_at = time.monotonic() + _SYNC_SECONDS
        while self._node.chain.account(address) is None and time.monotonic() < ends_at:
            if verdict.status == "TRY_AGAIN_LATER":
                verdict = self.fund(address, lumens=_FRIENDBOT_LUMENS)
            self._node.wait(1.0)
        found = self._node.history.transaction(verdict.hash)
        latest = self._node.chain.latest
        if found is None:
            return answers.problem("transaction_submission_timeout", latest=latest)
        return answers.found(found, latest=latest)


def add(endpoints: Blueprint, desk: Desk) -> None:
    """Add what takes envelopes to the blueprint."""

    @endpoints.post("/transactions")
    def transactions() -> Response:
        return desk.take(is_sync=True)

    @endpoints.post("/transactions_async")
    def transactions_async() -> Response:
        return desk.take(is_sync=False)

    @endpoints.get("/friendbot")
    def friendbot() -> Response:
        return desk.friendbot()


def _told(verdict: Verdict) -> Response:
    """Return the queue's word as the asynchronous way has it: no problem, its own JSON."""
    body: dict[str, Any] = {"tx_status": verdict.status, "hash": verdict.hash}
    if verdict.result_xdr:
        body["error_result_xdr"] = verdict.result_xdr
    status = _STATUSES[verdict.status]
    return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")
