"""What a report to Sentry is made of: names, codes and places, whatever else the event holds."""

import logging
from typing import Any

import psycopg
import pytest
from sentry_sdk.utils import event_from_exception
from structlog.contextvars import bind_contextvars, clear_contextvars

from nannychain.errors import NotFound
from nannychain.logs import sentry

CANARY = "48395027"


class Lost(NotFound):
    """Ours, with a message that says too much."""

    code = "tests.lost"
    message = f"nobody has {CANARY}"


def record(message: object, *arguments: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("nannychain.tests", 40, "x.py", 1, message, arguments, None)
    made.__dict__.update(extra)
    return made


def raised(error: BaseException, cause: BaseException | None = None) -> tuple[Any, dict[str, Any]]:
    """Return the event and the hint that the SDK makes of an error, with all it can find."""
    pin = CANARY
    try:
        raise error from cause
    except type(error) as caught:
        return event_from_exception(caught, mechanism={"type": "x", "data": {"pin": pin}})


def full_of(canary: str) -> dict[str, Any]:
    """Return an event with the canary in each place that the SDK knows, and in one more."""
    event, _ = raised(ValueError(canary))
    frame = event["exception"]["values"][0]["stacktrace"]["frames"][0]
    frame.update(context_line=canary, pre_context=[canary], post_context=[canary], abs_path=canary)
    return {
        **event,
        "event_id": "a" * 32,
        "level": "error",
        "message": canary,
        "transaction": f"/cb/{canary}",
        "transaction_info": {"source": "url"},
        "request": {"url": canary, "data": canary, "cookies": canary, "headers": {"a": canary}},
        "user": {"id": canary},
        "extra": {"celery-job": {"kwargs": canary}, "sys.argv": [canary]},
        "contexts": {"trace": {"description": canary}},
        "modules": {canary: canary},
        "tags": {"celery_task_id": canary, "process": "web"},
        "fingerprint": [canary],
        "threads": {"values": [{"name": canary}]},
        "spans": [{"description": canary}],
        "some_later_field": canary,
    }


class TestReport:
    def test_nothing_that_was_not_let_through_is_in_it(self) -> None:
        event = full_of(CANARY)
        told = sentry.report(event, {"attachments": [CANARY]})
        assert CANARY in str(event)
        assert CANARY not in str(told)
        (error,) = told["exception"]["values"]
        frame = error["stacktrace"]["frames"][-1]
        assert (error["type"], frame["function"]) == ("ValueError", "raised")
        assert told["tags"] == {"process": "web"}

    def test_attachments_are_taken_away(self) -> None:
        hint: dict[str, Any] = {"attachments": [CANARY]}
        sentry.report({}, hint)
        assert hint == {}

    @pytest.mark.parametrize(
        ("source", "told"), [("route", "/api/v1/wallet"), ("url", None), ("custom", None)]
    )
    def test_a_route_is_named_and_a_path_is_not(self, source: str, told: str | None) -> None:
        event = {"transaction": "/api/v1/wallet", "transaction_info": {"source": source}}
        assert sentry.report(event, {}).get("transaction") == told

    def test_our_own_errors_are_told_by_code_and_not_by_message(self) -> None:
        told = sentry.report(*raised(Lost(), KeyError(CANARY)))
        values = [(each["type"], each["value"]) for each in told["exception"]["values"]]
        assert sorted(values) == [("KeyError", ""), ("Lost", "tests.lost")]

    def test_the_system_names_its_errors(self) -> None:
        told = sentry.report(*raised(ConnectionRefusedError(111, CANARY)))
        assert told["exception"]["values"][0]["value"] == "ECONNREFUSED"

    @pytest.mark.django_db
    def test_postgresql_is_quoted_by_code_and_constraint_and_never_by_row(self) -> None:
        from django.db import IntegrityError, connection, transaction

        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE t (phone text CONSTRAINT t_once UNIQUE)")
            with pytest.raises(IntegrityError) as caught, transaction.atomic():
                for _ in range(2):
                    cursor.execute("INSERT INTO t VALUES (%s)", [CANARY])
        assert CANARY in str(caught.value)
        assert isinstance(caught.value.__cause__, psycopg.errors.UniqueViolation)
        told = sentry.report(*event_from_exception(caught.value))
        values = {each["type"]: each["value"] for each in told["exception"]["values"]}
        assert values == {"UniqueViolation": "23505 t_once", "IntegrityError": ""}
        assert CANARY not in str(told)

    @pytest.mark.parametrize(
        ("message", "told"),
        [
            ({"event": "sms.send_failed", "phone": CANARY}, "sms.send_failed"),
            ({"event": f"sms to {CANARY}"}, "nannychain.tests"),
            ({"event": CANARY}, "nannychain.tests"),
            (f"plain {CANARY}", "nannychain.tests"),
        ],
    )
    def test_a_log_line_is_told_by_its_name(self, message: object, told: str) -> None:
        found = sentry.report({}, {"log_record": record(message, extra=CANARY)})
        assert found["logentry"] == {"formatted": told}
        assert CANARY not in str(found)

    def test_an_id_that_a_caller_chose_tells_no_phone_number(self) -> None:
        bind_contextvars(request_id="254712345678", task="payments.deposits.tend")
        try:
            tags = sentry.report({}, {})["tags"]
        finally:
            clear_contextvars()
        assert "712345678" not in tags["request_id"]
        assert tags["task"] == "payments.deposits.tend"


class TestBreadcrumb:
    def test_of_what_came_before_only_names_of_log_lines_are_kept(self) -> None:
        crumb = {"level": "info", "timestamp": 1, "message": CANARY, "data": {"phone": CANARY}}
        kept = sentry.breadcrumb(crumb, {"log_record": record({"event": "sms.sent", "to": CANARY})})
        assert kept is not None
        assert kept["message"] == "sms.sent"
        assert CANARY not in str(kept)

    @pytest.mark.parametrize("hint", [{}, {"log_record": record(f"SELECT {CANARY}")}])
    def test_a_query_a_call_and_a_plain_line_are_not(self, hint: dict[str, Any]) -> None:
        assert sentry.breadcrumb({"message": CANARY, "level": "info", "timestamp": 1}, hint) is None


def test_traces_and_figures_are_not_sent() -> None:
    assert sentry.nothing({"type": "transaction"}, {}) is None
