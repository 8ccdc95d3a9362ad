"""How Horizon answers: JSON with the latest ledger beside it, pages with links, problems."""

import json
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from simulators.horizon.asking import Asked
from simulators.horizon.ledger.types import Ledger

_HAL, _PROBLEM = "application/hal+json", "application/problem+json"
_PROBLEMS = {
    "not_found": (
        404,
        "Resource Missing",
        "The resource at the url requested was not found.  This usually occurs for one of two"
        " reasons:  The url requested is not valid, or no data in our database could be found"
        " with the parameters provided.",
    ),
    "before_history": (
        410,
        "Data Requested Is Before Recorded History",
        "This horizon instance is configured to only track a portion of the stellar network's"
        " latest history. This request is asking for results prior to the recorded history known"
        " to this horizon instance.",
    ),
    "bad_request": (400, "Bad Request", "The request you sent was invalid in some way."),
    "not_acceptable": (
        406,
        "An acceptable response content-type could not be provided for this request",
        "",
    ),
    "transaction_malformed": (
        400,
        "Transaction Malformed",
        "Horizon could not decode the transaction envelope in this request. A transaction should"
        " be an XDR TransactionEnvelope struct encoded using base64.  The envelope read from this"
        " request is echoed in the `extras.envelope_xdr` field of this response for your"
        " convenience.",
    ),
    "transaction_failed": (
        400,
        "Transaction Failed",
        "The transaction failed when submitted to the stellar network. The `extras.result_codes`"
        " field on this response contains further details.",
    ),
    "transaction_submission_timeout": (
        504,
        "Transaction Submission Timeout",
        "Your transaction submission request has timed out. This does not necessarily mean the"
        " submission has failed. Before resubmitting, please use the transaction hash provided in"
        " `extras.hash` to poll the GET /transactions endpoint for sometime and check if it was"
        " included in a ledger.",
    ),
    "server_error": (
        500,
        "Internal Server Error",
        "An error occurred while processing this request.",
    ),
    "rate_limit_exceeded": (
        429,
        "Rate Limit Exceeded",
        "The rate limit for the requesting IP address is over its alloted limit.",
    ),
    "server_over_capacity": (
        503,
        "Server Over Capacity",
        "This horizon server is currently overloaded. Please wait for several minutes before"
        " trying your request again.",
    ),
    "request_too_large": (413, "Request Entity Too Large", "The request body is too large."),
    "unsupported_media_type": (
        415,
        "Unsupported Media Type",
        "The request has an unsupported content type. Presently, the only supported content type"
        " is application/x-www-form-urlencoded.",
    ),
}
_RATE_HEADERS = {
    "X-RateLimit-Limit": "3600",
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": "5",
}


def found(body: dict[str, Any], *, latest: Ledger) -> Response:
    """Return JSON with the ledger that it was read from."""
    return _told(body, latest=latest, status=200, kind=_HAL)


def plain(body: dict[str, Any], *, latest: Ledger, status: int) -> Response:
    """Return JSON that is neither a resource nor a problem."""
    return _told(body, latest=latest, status=status, kind="application/json")


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


def problem(
    kind: str, *, latest: Ledger, extras: dict[str, Any] | None = None, detail: str = ""
) -> Response:
    """Return a problem of one of Horizon's kinds, with other words than usual where given."""
    status, title, usual = _PROBLEMS[kind]
    body: dict[str, Any] = {
        "type": f"https://stellar.org/horizon-errors/{kind}",
        "title": title,
        "status": status,
    }
    if words := detail or usual:
        body["detail"] = words
    if extras:
        body["extras"] = extras
    answer = _told(body, latest=latest, status=status, kind=_PROBLEM)
    if kind == "rate_limit_exceeded":
        answer.headers.update(_RATE_HEADERS)
    return answer


def invalid(field: str, *, reason: str, latest: Ledger) -> Response:
    """Return the problem of a parameter that can't be right."""
    extras = {"invalid_field": field, "reason": reason}
    return problem("bad_request", latest=latest, extras=extras)


def _told(body: dict[str, Any], *, latest: Ledger, status: int, kind: str) -> Response:
    answer = Response(json.dumps(body), status, content_type=f"{kind}; charset=utf-8")
    if _is_about_state():
        answer.headers["Latest-Ledger"] = str(latest.sequence)
    return answer


def _is_about_state() -> bool:
    """Tell whether an account was asked for: Horizon says as of which ledger only then.

    What it tells of history (transactions, payments …) comes without that header.
    """
    _, *parts = request.path.strip("/").split("/")
    is_data = len(parts) == 4 and parts[2] == "data"
    return parts[:1] == ["accounts"] and (len(parts) == 2 or is_data)


def _link(cursor: str, *, limit: int, order: str) -> dict[str, str]:
    others = {
        name: value
        for name, value in request.args.items()
        if name not in ("cursor", "limit", "order")
    }
    query = urlencode({**others, "cursor": cursor, "limit": limit, "order": order})
    return {"href": f"{request.base_url}?{query}"}
