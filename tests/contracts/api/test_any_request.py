"""Whatever is sent by whomever: no 5xx, and no answer that the schema doesn't describe.

Requests are made up from the published schema by schemathesis, good ones and bad ones; some get a
phone or a PIN that is real, so that they come further. `API_REQUESTS` says how many for each kind
of caller, `API_SEED` repeats a run: the seed stands at the head of its output.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from nannychain.api import rates
from nannychain.api.errors import Away
from tests.factories import callers
from tests.factories.phones import choose_pin, receive_money

REQUESTS = int(os.environ.get("API_REQUESTS", "40"))
SEED = int(os.environ["API_SEED"])


def no_fault_of_ours(context: Any, response: Any, case: Any) -> None:
    """Refuse a 5xx, but for a 503 that was foreseen: a flow that is stopped, a provider away."""
    if response.status_code >= 500:
        document = json.loads(response.content)
        assert response.status_code == 503, document
        assert document["code"] != Away.code, document


_CHECKS = [
    no_fault_of_ours,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
_MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
_PIN = "4826"
# What a stranger to our schema can't make up.
_REAL = {
    "phone": ("+254712345678", "0712 345 678", "0799000001"),
    "to": ("+254712345678", "0799000001"),
    "pin": (_PIN, "4071"),
    "old_pin": (_PIN, "0000"),
    "operation": ("transfer", "withdrawal"),
    "worker_id": ("NW-00000000",),
}


@pytest.fixture(scope="module")
def operations() -> list[Any]:
    """Return all operations of the published schema."""
    schema = schemathesis.openapi.from_path(settings.OPENAPI_FILE)
    schema.app = WSGIHandler()
    return [found.ok() for found in schema.get_all_operations()]


@pytest.fixture
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count requests, and let nobody come too often: a limit would hide what is behind it."""
    monkeypatch.setattr(rates, "_count", lambda *_, **__: (0, 1.0))


@pytest.fixture
def one_transaction() -> Iterator[None]:
    """Keep requests from closing the connection that the test's transaction lives on."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.usefixtures("uncounted", "one_transaction")
@pytest.mark.parametrize("kind", callers.KINDS)
def test_is_answered_as_the_schema_says(kind: str, operations: list[Any]) -> None:
    caller = callers.of_kind(kind)
    if caller.member is not None and not caller.member.is_staff:
        choose_pin(caller.member, _PIN)
        receive_money(caller.member)

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=REQUESTS, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @hypothesis.given(st.data())
    def ask(data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(operations))
        mode = data.draw(st.sampled_from(_MODES))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        _make_real(case, data)
        headers = {"Authorization": f"Bearer {_secret(caller)}"} if caller.secret else {}
        case.headers = {**(case.headers or {}), **headers}
        if not headers:
            case.headers.pop("Authorization", None)
        response = case.call()
        case.validate_response(response, checks=_CHECKS)

    ask()


def _secret(caller: callers.Caller) -> str:
    """Return a token that is good: the request before may have signed the caller out."""
    return callers.signed_in(caller.member).secret if caller.member else caller.secret


def _make_real(case: Any, data: st.DataObject) -> None:
    for place in (case.body, case.path_parameters):
        if not isinstance(place, dict):
            continue
        for name in place.keys() & _REAL.keys():
            if data.draw(st.booleans()):
                place[name] = data.draw(st.sampled_from(_REAL[name]))
