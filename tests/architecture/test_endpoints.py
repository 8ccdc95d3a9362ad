"""The REST API: every endpoint says who may, and the published schema is that of the code."""

import re
from typing import Any

import pytest
from django.conf import settings
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats

from config import api, openapi
from nannychain.api import codes, explained
from nannychain.api.access import Access
from nannychain.api.endpoints import Endpoint
from tests.contracts import permission_matrix
from tests.factories import callers

OPERATIONS = [
    (route, endpoint, method.upper())
    for route, endpoint in api.ROUTES
    for method in endpoint.http_method_names
    if method != "head" and hasattr(endpoint, method)
]
NAMES = [f"{method} {route}" for route, _, method in OPERATIONS]


def test_the_published_schema_is_that_of_the_code() -> None:
    """`make openapi` writes it."""
    assert settings.OPENAPI_FILE.read_text(encoding="utf-8") == openapi.document()


def test_nothing_of_the_schema_is_left_to_guessing() -> None:
    """Two forms of one name, or a field that tells no type, would be published wrong."""
    reset_generator_stats()
    openapi.schema()
    assert {**GENERATOR_STATS._warn_cache, **GENERATOR_STATS._error_cache} == {}


def test_the_page_of_codes_is_that_of_the_schema() -> None:
    """`make openapi` writes it too."""
    page = (settings.BASE_DIR / "docs" / "errors.md").read_text(encoding="utf-8")
    assert page == codes.page()


def test_a_code_means_one_thing() -> None:
    told = [each.code for each in codes.known()]
    assert sorted(set(told)) == told


@pytest.mark.parametrize(("route", "endpoint", "method"), OPERATIONS, ids=NAMES)
def test_every_operation_says_who_may_and_what_it_does(
    route: str, endpoint: type[Endpoint], method: str
) -> None:
    assert isinstance(endpoint.access.get(method), Access)
    assert "access" in vars(endpoint), "said by itself, not by its parents"
    told = explained.of(endpoint, method)
    assert told is not None
    assert told.summary
    assert (getattr(endpoint, method.lower()).__doc__ or "").strip()
    assert all(answer.example is not None for answer in told.answers.values() if answer.form)
    assert (told.body is None) == (told.body_example is None)


_VARIABLE = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")


def test_every_operation_has_its_row_in_the_permission_matrix_and_no_row_is_left_over() -> None:
    operations = {f"{method} {_VARIABLE.sub(_braced, route)}" for route, _, method in OPERATIONS}
    assert set(permission_matrix.rows()) == operations


def _braced(found: re.Match[str]) -> str:
    return f"{{{found[1]}}}"


def test_every_row_has_a_cell_for_every_kind_of_caller() -> None:
    cells = {len(found) for found in permission_matrix.rows().values()}
    assert cells == {len(callers.KINDS)}


def test_nobody_is_let_in_to_what_is_not_there() -> None:
    surplus = [
        f"{endpoint.__name__} {method}"
        for _, endpoint in api.ROUTES
        for method in endpoint.access
        if not hasattr(endpoint, method.lower())
    ]
    assert surplus == []


def test_an_operation_has_one_name_and_address() -> None:
    assert len({route for route, _ in api.ROUTES}) == len(api.ROUTES)
    assert len({endpoint.__name__ for _, endpoint in api.ROUTES}) == len(api.ROUTES)


def test_every_answer_that_is_not_good_is_a_problem() -> None:
    wrong = [
        f"{path} {method} {status}"
        for path, operations in openapi.schema()["paths"].items()
        for method, operation in operations.items()
        for status, answer in operation["responses"].items()
        if status >= "400" and not _is_problem(answer)
    ]
    assert wrong == []


def _is_problem(answer: dict[str, Any]) -> bool:
    return list(answer["content"]) == ["application/problem+json"] and bool(
        answer["content"]["application/problem+json"]["examples"]
    )
