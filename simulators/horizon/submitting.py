"""Handing in: both ways that Horizon knows, friendbot, and every lie that can be told about it."""

import time
from typing import Any

from flask import Blueprint, Response, request
from stellar_sdk import StrKey
from stellar_sdk.xdr import TransactionResultCode as Tx

from simulators.faults import Fault, Kind, Parameter
from simulators.guard import drop_connection
from simulators.horizon import answers, asking
from simulators.horizon.friendbot import Friendbot
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
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "")
_STATUSES = {"PENDING": 201, "DUPLICATE": 409, "TRY_AGAIN_LATER": 503, "ERROR": 400}
_BODY_KEPT = 500


class Desk:
    """Takes envelopes for one node. The older way of handing in waits for a ledger: `is_sync`."""

    def __init__(self, world: World, node: Node) -> None:
        self._world = world
        self._node = node
        self._friendbot = Friendbot(node)

    def take(self, *, is_sync: bool) -> Response:
        """Take the envelope of this request and answer, truly or not."""
        if request.mimetype not in _FORMS:
            return answers.problem("unsupported_media_type", latest=self._node.latest)
        if not asking.takes_json():
            return answers.problem("not_acceptable", latest=self._node.latest)
        envelope = request.form.get("tx", "")
        if slow := self._strikes("slow"):
            time.sleep(slow.parameters["seconds"])
        try:
            hash = decode(envelope, passphrase=self._node.chain.passphrase).hash
        except MalformedEnvelope:
            extras = {"envelope_xdr": envelope}
            return answers.problem("transaction_malformed", latest=self._node.latest, extras=extras)
        answer = self._answer(hash, envelope, is_sync=is_sync)
        self._world.record.add(
            direction="in",
            target=TARGET,
            fields={"hash": hash},
            answer={
                "status": answer.status_code,
                "body": answer.get_data(as_text=True)[:_BODY_KEPT],
            },
        )
        return answer

    def give(self, address: str, *, lumens: str) -> Verdict:
        """Hand in a gift of the network's first account; raise ValueError."""
        return self._friendbot.give(address, lumens=lumens)

    def friendbot(self) -> Response:
        """Create an account for whoever asks, with 10,000 XLM."""
        address = request.args.get("addr", "")
        latest = self._node.latest
        if not StrKey.is_valid_ed25519_public_key(address):
            return answers.invalid("addr", reason="it is no account's address", latest=latest)
        if self._node.account(address, ledger=latest.sequence) is not None:
            detail = "account already funded to starting balance"
            return answers.problem("bad_request", latest=latest, detail=detail)
        found = self._friendbot.create(address, seconds=self._node.knobs.submit_seconds)
        if found is None:
            return answers.problem("transaction_submission_timeout", latest=self._node.latest)
        return answers.found(found, latest=self._node.latest)

    def _answer(self, hash: str, envelope: str, *, is_sync: bool) -> Response:
        """Take it or not, and answer, as the faults that are set want it; truly without any."""
        if kind := self._first_of(_NOT_TAKEN):
            return self._lie(kind, hash, envelope, is_sync=is_sync)
        if is_sync and self._landed(hash) is not None:
            return self._wait(Verdict("DUPLICATE", hash), envelope)
        verdict = self._node.chain.submit(envelope)
        kind = self._first_of(_TAKEN_FIRST) if verdict.status == "PENDING" else None
        if kind:
            return self._lie(kind, hash, envelope, is_sync=is_sync)
        return self._wait(verdict, envelope) if is_sync else self._told(verdict)

    def _lie(self, kind: str, hash: str, envelope: str, *, is_sync: bool) -> Response:
        latest = self._node.latest
        if kind in ("down", "answer_lost"):
            return drop_connection()
        if kind in ("timeout_landed", "timeout_lost"):
            return self._timeout(hash, envelope)
        if kind in ("try_later", "try_later_lie"):
            # The older way has no such word; a server that is overloaded says this.
            verdict = Verdict("TRY_AGAIN_LATER", hash)
            over = answers.problem("server_over_capacity", latest=latest)
            return over if is_sync else self._told(verdict)
        if kind == "refused_lie":
            result = transaction_result(Tx.txINTERNAL_ERROR, fee=0)
            verdict = Verdict("ERROR", hash, result)
            return self._failed(envelope, result) if is_sync else self._told(verdict)
        if kind == "rate_limited":
            return answers.problem("rate_limit_exceeded", latest=latest)
        if kind == "garbage":
            return Response(
                "<html>502 Bad Gateway</html>", 200, content_type="text/html; charset=utf-8"
            )
        return answers.problem("server_error", latest=latest)

    def _wait(self, verdict: Verdict, envelope: str) -> Response:
        """Answer as the older way does: when a ledger holds it, or that none did in time."""
        if verdict.status == "ERROR" and self._landed(verdict.hash) is None:
            return self._failed(envelope, verdict.result_xdr)
        self._node.wait(
            seconds=self._node.knobs.submit_seconds, until=lambda: self._landed(verdict.hash)
        )
        found = self._landed(verdict.hash)
        if found is None:
            return self._timeout(verdict.hash, envelope)
        if not found["successful"]:
            return self._failed(envelope, found["result_xdr"])
        return answers.found(found, latest=self._node.latest)

    def _landed(self, hash: str) -> dict[str, Any] | None:
        """Return the transaction of that hash if a ledger that is shown holds it."""
        found = self._node.history.transaction(hash)
        return found if found and found["ledger"] <= self._node.latest.sequence else None

    def _told(self, verdict: Verdict) -> Response:
        """Return the queue's word as the asynchronous way has it: no problem, its own JSON."""
        body = {"tx_status": verdict.status, "hash": verdict.hash}
        if verdict.result_xdr:
            body["error_result_xdr"] = verdict.result_xdr
        return answers.plain(body, latest=self._node.latest, status=_STATUSES[verdict.status])

    def _failed(self, envelope: str, result_xdr: str) -> Response:
        extras = {
            "envelope_xdr": envelope,
            "result_xdr": result_xdr,
            "result_codes": result_codes(result_xdr),
        }
        return answers.problem("transaction_failed", latest=self._node.latest, extras=extras)

    def _timeout(self, hash: str, envelope: str) -> Response:
        extras = {"hash": hash, "envelope_xdr": envelope}
        return answers.problem(
            "transaction_submission_timeout", latest=self._node.latest, extras=extras
        )

    def _first_of(self, kinds: tuple[str, ...]) -> str | None:
        return next((each for each in kinds if self._strikes(each)), None)

    def _strikes(self, kind: str) -> Fault | None:
        return self._world.faults.take(target=TARGET, kind=kind, phones=())


def add(endpoints: Blueprint, desk: Desk) -> None:
    """Add what takes envelopes to the blueprint."""

    @endpoints.post("/transactions")
    def transactions() -> Response:
        return desk.take(is_sync=True)

    @endpoints.post("/transactions_async")
    def transactions_async() -> Response:
        return desk.take(is_sync=False)

    @endpoints.route("/friendbot", methods=["GET", "POST"])
    def friendbot() -> Response:
        return desk.friendbot()
