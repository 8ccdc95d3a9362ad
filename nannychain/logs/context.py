"""What each log line, audit row and task carries of the request that caused it."""

from uuid import uuid4

from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars


def begin(*, request_id: str = "", **fields: str | None) -> str:
    """Start a new context (a request, a task, a command) and return its request id."""
    clear_contextvars()
    identity = request_id or uuid4().hex
    bind_contextvars(request_id=identity, **fields)
    return identity


def end() -> None:
    """Forget the context."""
    clear_contextvars()


def request_id() -> str:
    """Return the id of the request that is being worked for, or an empty text."""
    return str(get_contextvars().get("request_id", ""))


def client_address() -> str | None:
    """Return the address that the request came from, where there is one."""
    return get_contextvars().get("client_address")
