"""Horizon's addresses, put together, and what all of them refuse."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from simulators.horizon import answers, asking, submitting
from simulators.horizon.asking import InvalidParameter
from simulators.horizon.node import Node
from simulators.horizon.reading import Reader, Unknown
from simulators.horizon.submitting import Desk
from simulators.world import World

_KINDS = ("transactions", "operations", "payments", "effects")


def blueprint(world: World, *, node: Node, desk: Desk) -> Blueprint:
    """Return the endpoints of this provider, to be mounted under its base address."""
    endpoints = Blueprint("horizon", __name__)
    submitting.add(endpoints, desk)
    _add_questions(endpoints, Reader(world, node))
    endpoints.register_error_handler(HTTPException, lambda error: _refusal(error, node))
    return endpoints


def _add_questions(endpoints: Blueprint, reader: Reader) -> None:
    def rule(path: str, answer: Callable[..., Response], **fixed: str) -> None:
        def asked(**names: Any) -> Response:
            return _answer(reader, answer, **fixed, **names)

        endpoints.add_url_rule(
            path, endpoint=path.replace(".", "_"), view_func=asked, strict_slashes=False
        )

    rule("/", reader.root)
    rule("/fee_stats", reader.fee_stats)
    rule("/accounts/<address>", reader.account)
    rule("/accounts/<address>/data/<path:name>", reader.data)
    rule("/ledgers", reader.page, kind="ledgers")
    rule("/ledgers/<int:sequence>", reader.ledger)
    rule("/transactions/<hash>", reader.transaction)
    rule("/operations/<int:token>", reader.operation)
    rule("/operations/<int:token>/effects", reader.page_of_operation, kind="effects")
    for kind in _KINDS:
        rule(f"/{kind}", reader.page, kind=kind)
        rule(f"/accounts/<address>/{kind}", reader.page_of_account, kind=kind)
        rule(f"/ledgers/<int:sequence>/{kind}", reader.page_of_ledger, kind=kind)
        if kind != "transactions":
            rule(f"/transactions/<hash>/{kind}", reader.page_of_transaction, kind=kind)
    rule("/<path:path>", _nothing)


def _answer(reader: Reader, answer: Callable[..., Response], **names: Any) -> Response:
    """Answer one question, or say what is wrong with it or with the server."""
    latest = reader.view()
    if (broken := reader.broken(latest)) is not None:
        return broken
    is_page = names.get("kind") is not None
    if not (asking.takes_json() or (is_page and asking.wants_stream())):
        return answers.problem("not_acceptable", latest=latest)
    try:
        return answer(latest, **names)
    except InvalidParameter as error:
        return answers.invalid(error.field, reason=error.reason, latest=latest)
    except Unknown:
        return answers.problem("not_found", latest=latest)


def _nothing(_: Any, *, path: str) -> Response:
    raise Unknown(path)


def _refusal(error: HTTPException, node: Node) -> Response:
    kind = "request_too_large" if isinstance(error, RequestEntityTooLarge) else "bad_request"
    return answers.problem(kind, latest=node.latest)
