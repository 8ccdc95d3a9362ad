"""How Horizon answers: JSON with the latest ledger beside it, pages with links, problems."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from simulators.horizon.ledger.types import Ledger

LIMIT_DEFAULT, LIMIT_MAX = 10, 200
_PROBLEMS = {
    "not_found": (
        404,
        "Resource Missing",
        "The resource at the url requested was not found.",
    ),
    "bad_request": (400, "Bad Request", "The request you sent was invalid in some way."),
    "transaction_malformed": (
        400,
        "Transaction Malformed",
        "Horizon could not decode the transaction envelope in this request.",
    ),
    "transaction_failed": (
        400,
        "Transaction Failed",
        "The transaction failed when submitted to the stellar network.",
    ),
    "transaction_submission_timeout": (
        504,
        "Transaction Submission Timeout",
        "Your transaction submission request has timed out. It does not mean that it failed.",
    ),
    "server_error": (500, "Internal Server Error", "An error occurred while processing."),
    "rate_limit_exceeded": (429, "Rate Limit Exceeded", "The rate limit was reached."),
    "stale_history": (503, "Historical DB Is Too Stale", "This server is behind the network."),
    "unsupported_media_type": (415, "Unsupported Media Type", "Send a form."),
}


class BadRequest(ValueError):
    """A parameter that can't be right; the text names it."""


@dataclass(frozen=True)
class Asked:
    """Which page was asked for."""

    cursor: str
    limit: int
    is_descending: bool
    include_failed: bool


def asked() -> Asked:
    """Read the parameters of a page from the request; raise BadRequest."""
    limit = request.args.get("limit", str(LIMIT_DEFAULT))
    if not (limit.isdigit() and 1 <= int(limit) <= LIMIT_MAX):
        raise BadRequest("limit")
    order = request.args.get("order", "asc")
    if order not in ("asc", "desc"):
        raise BadRequest("order")
    return Asked(
        cursor=request.args.get("cursor", ""),
        limit=int(limit),
        is_descending=order == "desc",
        include_failed=request.args.get("include_failed") == "true",
    )


def found(body: dict[str, Any], *, latest: Ledger, status: int = 200) -> Response:
    """Return JSON with the ledger that it was read from."""
    answer = Response(json.dumps(body), status, content_type="application/hal+json; charset=utf-8")
    answer.headers["Latest-Ledger"] = str(latest.sequence)
    return answer


def page(records: list[dict[str, Any]], *, wanted: Asked, latest: Ledger) -> Response:
    """Return a page of records with the links around it."""
    last = str(records[-1]["paging_token"]) if records else wanted.cursor
    first = str(records[0]["paging_token"]) if records else wanted.cursor
    order = "desc" if wanted.is_descending else "asc"
    back = "asc" if wanted.is_descending else "desc"
    links = {
        "self": _link(wanted.cursor, limit=wanted.limit, order=order),
        "next": _link(last, limit=wanted.limit, order=order),
        "prev": _link(first, limit=wanted.limit, order=back),
    }
    return found({"_links": links, "_embedded": {"records": records}}, latest=latest)


def problem(kind: str, *, latest: Ledger, extras: dict[str, Any] | None = None) -> Response:
    """Return a problem of one of Horizon's kinds."""
    status, title, detail = _PROBLEMS[kind]
    body: dict[str, Any] = {
        "type": f"https://stellar.org/horizon-errors/{kind}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if extras:
        body["extras"] = extras
    answer = Response(
        json.dumps(body), status, content_type="application/problem+json; charset=utf-8"
    )
    answer.headers["Latest-Ledger"] = str(latest.sequence)
    if kind == "rate_limit_exceeded":
        answer.headers["X-RateLimit-Limit"] = "3600"
        answer.headers["X-RateLimit-Remaining"] = "0"
        answer.headers["X-RateLimit-Reset"] = "5"
    return answer


def _link(cursor: str, *, limit: int, order: str) -> dict[str, str]:
    others = {
        name: value
        for name, value in request.args.items()
        if name not in ("cursor", "limit", "order")
    }
    query = urlencode({**others, "cursor": cursor, "limit": limit, "order": order})
    return {"href": f"{request.base_url}?{query}"}
