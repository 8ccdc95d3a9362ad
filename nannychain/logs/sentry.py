"""Sentry: what fails is told outside, by names alone.

Nothing is scrubbed out of a report, since nobody can list what a text may hold. Each is built anew
from what is let through: where it happened (files, functions, lines), what kind of error, the name
of our log line, the ids of request and task. No message of an error, no value of a variable, no
request, no user, no query, no argument. Traces, sessions and the SDK's own figures are not sent.
"""

import errno
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.threading import ThreadingIntegration
from sentry_sdk.types import Breadcrumb, Event, Hint
from structlog.contextvars import get_contextvars

from nannychain.errors import NannyChainError
from nannychain.logs.masking import mask_text

# How our log lines are called, and what any other text never looks like: `sms.send_failed`.
_NAME = re.compile(r"[a-z][a-z0-9_]{1,40}(\.[a-z][a-z0-9_]{1,40}){0,4}")
_OUR_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AS_IT_IS = ("event_id", "timestamp", "platform", "level", "release", "environment", "server_name")
_OF_FRAME = ("filename", "module", "function", "lineno", "in_app")
# Of these the name is that of a route, a task or a function; any other may be a path.
_NAMED = frozenset({"route", "task", "component", "view"})
_BREADCRUMBS_MAX = 30


def start(*, dsn: str, environment: str, process: str) -> None:
    """Have what fails in this process told to the project of `dsn` from now on."""
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        before_send=report,
        before_send_transaction=nothing,
        before_breadcrumb=breadcrumb,
        before_send_log=nothing,
        before_send_metric=nothing,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            AtexitIntegration(callback=lambda _pending, _timeout: None),
            CeleryIntegration(propagate_traces=False),
            DedupeIntegration(),
            DjangoIntegration(signals_spans=False),
            ExcepthookIntegration(),
            LoggingIntegration(),
            ThreadingIntegration(propagate_scope=False),
        ],
        max_breadcrumbs=_BREADCRUMBS_MAX,
        max_request_body_size="never",
        include_local_variables=False,
        include_source_context=False,
        send_default_pii=False,
        auto_session_tracking=False,
        send_client_reports=False,
        propagate_traces=False,
        trace_propagation_targets=[],
        enable_logs=False,
        enable_metrics=False,
        spotlight=False,
        debug=False,
    )
    sentry_sdk.get_global_scope().set_tag("process", process)


def nothing(_event: Any, _hint: Hint) -> None:
    """Send none of it."""


def report(event: Event, hint: Hint) -> Event:
    """Return what is told of an event: a new one, with nothing in it but what may leave us."""
    hint.pop("attachments", None)
    given = cast(Mapping[str, Any], event)
    told: dict[str, Any] = {name: given[name] for name in _AS_IT_IS if given.get(name)}
    told["tags"] = _tags(given)
    if given.get("transaction_info", {}).get("source") in _NAMED:
        told["transaction"] = mask_text(str(given.get("transaction", "")))
    if record := hint.get("log_record"):
        told["logger"] = record.name
        told["logentry"] = {"formatted": _name(record.msg) or record.name}
    if found := given.get("exception"):
        said = dict(_said(hint))
        told["exception"] = {"values": [_exception(each, said) for each in found["values"]]}
    if kept := given.get("breadcrumbs"):
        told["breadcrumbs"] = {"values": kept["values"]}
    return cast(Event, told)


def breadcrumb(crumb: Breadcrumb, hint: Mapping[str, Any]) -> Breadcrumb | None:
    """Return what is kept of something that came before: the name of a log line of ours."""
    record = hint.get("log_record")
    if record is None or not (name := _name(record.msg)):
        return None
    return {
        "type": "log",
        "level": crumb["level"],
        "category": record.name,
        "message": name,
        "timestamp": crumb["timestamp"],
    }


def _name(message: object) -> str:
    """Return the name of a log line of ours, and nothing of any other."""
    name = message.get("event") if isinstance(message, dict) else None
    return name if isinstance(name, str) and _NAME.fullmatch(name) else ""


def _tags(event: Mapping[str, Any]) -> dict[str, str]:
    context = get_contextvars()
    tags = {"process": str(event.get("tags", {}).get("process", ""))}
    for name in ("request_id", "task", "task_id"):
        if value := context.get(name):
            tags[name] = _id(str(value))
    return tags


def _id(value: str) -> str:
    """Return an id that we made as it is, and one that a caller chose without what looks secret."""
    return value if _OUR_ID.fullmatch(value) else mask_text(value)


def _exception(found: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    """Return kind, place and, where there is one, the code of an error; never its message."""
    frames = (found.get("stacktrace") or {}).get("frames", [])
    mechanism = found.get("mechanism") or {}
    return {
        "type": found.get("type"),
        "module": found.get("module"),
        "value": said.get(str(found.get("type")), ""),
        "mechanism": {
            name: mechanism[name]
            for name in ("type", "handled", "exception_id", "parent_id", "source")
            if name in mechanism
        },
        "stacktrace": {
            "frames": [{name: frame.get(name) for name in _OF_FRAME} for frame in frames]
        },
    }


def _said(hint: Hint) -> Iterator[tuple[str, str]]:
    """Yield for each error of the chain its kind and what may be told of it: a code, no words."""
    error = (hint.get("exc_info") or (None, None, None))[1]
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield type(error).__qualname__, _code(error)
        error = error.__cause__ or error.__context__


def _code(error: BaseException) -> str:
    """Return our own code, PostgreSQL's with the constraint that spoke, or the system's name."""
    if isinstance(error, NannyChainError):
        return error.code
    if sqlstate := getattr(error, "sqlstate", None):
        constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
        return f"{sqlstate} {constraint or ''}".strip()
    if isinstance(error, OSError) and error.errno:
        return errno.errorcode.get(error.errno, str(error.errno))
    return ""
