"""What every request meets first, and what every error becomes.

The control API and the phone page change things without a login. So they answer only to this
machine's own names (against DNS rebinding), and take only JSON (which a form on a foreign page
cannot send). Garbage is answered with 400 and a sentence.
"""

import json
import logging
import socket
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType

from simulators.settings import Settings

_PRIVATE = ("/control", "/phone", "/static")
_BODY_BYTES_MAX = 256 * 1024
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_log = logging.getLogger("simulators")


def install(app: Flask, settings: Settings) -> None:
    """Put the guard before every request of this application."""
    app.config["MAX_CONTENT_LENGTH"] = _BODY_BYTES_MAX

    @app.before_request
    def refuse_foreign_hosts() -> Response | None:
        name = request.host if request.host.endswith("]") else request.host.rpartition(":")[0]
        known = {name, request.host} & settings.allowed_hosts
        if request.path.startswith(_PRIVATE) and not known:
            return _problem(403, "This address is for this machine only.")
        return None

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(_HEADERS)
        if not request.path.startswith("/phone/static"):
            response.headers["Cache-Control"] = "no-store"
        return response

    app.register_error_handler(Exception, _answer_error)


def json_object() -> dict[str, Any]:
    """Return the request's JSON object; raise 415 for another type, 400 for anything else."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send JSON, with Content-Type: application/json.")
    try:
        found = json.loads(request.get_data(as_text=False))
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(found, dict):
        raise BadRequest("The body must be a JSON object.")
    return found


def text_field(found: dict[str, Any], name: str, *, longest: int) -> str:
    """Return a text out of a JSON object; raise 400 when it is none, too long or not Unicode."""
    value = found.get(name, "")
    if not isinstance(value, str) or len(value) > longest or not _is_unicode(value):
        raise BadRequest(f"{name} must be a text of at most {longest} characters.")
    return value


def number_field(found: dict[str, Any], name: str, *, default: float, most: float) -> float:
    """Return a number above 0 out of a JSON object; raise 400 when it is none or too high."""
    value = found.get(name, default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not (0 < value <= most or value == default):
        raise BadRequest(f"{name} must be a number above 0, at most {most:g}.")
    return float(value)


def drop_connection() -> Response:
    """Close the connection, so that the client gets no answer at all."""
    client: socket.socket = request.environ["gunicorn.socket"]
    client.shutdown(socket.SHUT_RDWR)
    return Response(status=500)  # for the server to fail on; nobody reads it


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" or character == "\0" for character in text)


def _answer_error(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return _problem(error.code or 500, error.description or error.name)
    _log.exception("unexpected error")
    return _problem(500, "Internal server error.")


def _problem(status: int, sentence: str) -> Response:
    if request.path.startswith("/africastalking"):
        return Response(sentence, status, content_type="text/plain; charset=UTF-8")
    response = jsonify(error=sentence)
    response.status_code = status
    return response
