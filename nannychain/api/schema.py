"""OpenAPI out of `explained`: loaded when the schema is made, and never by a web process."""

import inspect
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, cast

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from nannychain.api import errors as ours
from nannychain.api import explained, fields, idempotent, pagination, problems
from nannychain.api.access import Access
from nannychain.api.endpoints import Endpoint
from nannychain.api.explained import Answer, Explained
from nannychain.errors import NannyChainError, TooOften
from nannychain.idempotency import KeyReused
from nannychain.language import codes

BEARER = "bearer"
_EXAMPLE_HOST = "https://nannychain.example"
_REQUEST_ID = "5f2b9c0d7e8a4f1c9b3d6e7f8a9b0c1d"


class Schema(AutoSchema):
    """Tells of each operation what its endpoint and its `explained` say."""

    @property
    def told(self) -> Explained:
        """Return what is told of the operation; one that tells nothing can't be published."""
        if (found := explained.of(self.view, self.method)) is None:
            raise TypeError(f"{type(self.view).__name__}.{self.method.lower()} explains nothing")
        return found

    @property
    def allowed(self) -> Access:
        """Return who may."""
        found: Access = cast(Endpoint, self.view).access[self.method]
        return found

    def get_operation_id(self) -> str:
        """Return endpoint and method, which stay when the address changes."""
        return f"{type(self.view).__name__}_{self.method.lower()}"

    def get_summary(self) -> str:
        """Return the few words for it."""
        return self.told.summary

    def get_description(self) -> str:  # type: ignore[override]
        """Return the docstring, and who may."""
        text = inspect.getdoc(getattr(self.view, self.method.lower())) or ""
        return f"{text}\n\nFor: {self.allowed.words}."

    def get_tags(self) -> list[str]:
        """Return the chapter it stands in."""
        return [self.told.tag]

    def get_auth(self) -> list[Any]:
        """Return that a token is needed, where it is."""
        return [] if self.allowed.is_public else [{BEARER: []}]

    def get_override_parameters(self) -> list[Any]:
        """Return path, query and headers."""
        return [
            *(_path(name, example) for name, example in self.told.path.items()),
            *([self.told.query] if self.told.query else []),
            *self._headers(),
        ]

    def _headers(self) -> Iterator[OpenApiParameter]:
        yield OpenApiParameter(
            "Accept-Language",
            location=OpenApiParameter.HEADER,
            enum=codes(),
            description="language of texts for people; otherwise the member's own",
        )
        if self._is_idempotent():
            yield OpenApiParameter(
                idempotent.HEADER,
                location=OpenApiParameter.HEADER,
                required=True,
                type={"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
                examples=[OpenApiExample("A UUID", "0b6f1c1e-3a52-4a4e-9d5e-7d1f3a2b4c5d")],
                description="new for each intention, the same for each repetition of it",
            )
        yield from self._confirming_header()

    def _confirming_header(self) -> Iterator[OpenApiParameter]:
        """Yield the header that `Endpoint.confirm` reads, where an endpoint has one."""
        name = getattr(self.view, "confirming_header", None)
        if name and self._is_idempotent():
            operation = self.view.pin_operation  # type: ignore[attr-defined]
            yield OpenApiParameter(
                name,
                location=OpenApiParameter.HEADER,
                type=str,
                description=f"a PIN token for `{operation}`, from `/auth/pin/verify`",
            )

    def get_request_serializer(self) -> Any:
        """Return the body's form."""
        return self.told.body

    def get_examples(self) -> list[OpenApiExample]:
        """Return the example of the body; those of answers stand with them."""
        if self.told.body_example is None:
            return []
        return [OpenApiExample("A request", self.told.body_example, request_only=True)]

    def get_response_serializers(self) -> Any:
        """Return all answers, good and bad."""
        answers: dict[Any, Any] = {
            (status, answer.media_type): _response(answer, status)
            for status, answer in self.told.answers.items()
        }
        by_status: dict[int, list[type[NannyChainError]]] = {}
        for error in dict.fromkeys([*self.told.errors, *self._usual_errors()]):
            by_status.setdefault(problems.status_of(error), []).append(error)
        for status in sorted(by_status):
            answers[status, problems.MEDIA_TYPE] = _problem(status, by_status[status])
        return answers

    def _usual_errors(self) -> Iterator[type[NannyChainError]]:
        if self.told.body:
            yield from (ours.InvalidInput, ours.Malformed, ours.TooLarge, ours.NotJson)
        if self.told.query:
            yield ours.InvalidInput
            if issubclass(self.told.query, pagination.PageQuery):
                yield pagination.InvalidCursor
        if self.view.get_authenticators():
            yield ours.TokenRefused
        if not self.allowed.is_public:
            yield from (ours.SignInNeeded, ours.NotAllowed)
        if self._is_idempotent():
            yield from (ours.KeyMissing, ours.StillRunning, KeyReused)
            if refused := getattr(self.view, "confirming_error", None):
                yield refused
        yield from (ours.NotOffered, TooOften, ours.Away)

    def _is_idempotent(self) -> bool:
        method = getattr(self.view, self.method.lower())
        return bool(getattr(method, "is_idempotent", False))

    def _map_serializer_field(
        self, field: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        """Return a field as it says itself, where it does."""
        told = getattr(type(field), "openapi", None)
        mapped = super()._map_serializer_field(  # type: ignore[no-untyped-call]
            field, direction, bypass_extensions
        )
        return {**mapped, **told} if told else mapped


def _path(name: str, example: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        type=str,
        location=OpenApiParameter.PATH,
        required=True,
        examples=[OpenApiExample("One", example)],
    )


def _response(answer: Answer, status: int) -> OpenApiResponse:
    examples = [] if answer.example is None else [OpenApiExample("An answer", answer.example)]
    when = answer.when or HTTPStatus(status).phrase
    return OpenApiResponse(answer.form, description=when, examples=examples)


def _problem(status: int, found: list[type[NannyChainError]]) -> OpenApiResponse:
    return OpenApiResponse(
        {"$ref": "#/components/schemas/Problem"},
        description=HTTPStatus(status).phrase,
        examples=[OpenApiExample(error.code, _example(error, status)) for error in found],
    )


def _example(error: type[NannyChainError], status: int) -> dict[str, Any]:
    document: dict[str, Any] = {
        **error.details,
        "type": f"{_EXAMPLE_HOST}{problems.PATH}#{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
        "detail": str(error.message),
        "request_id": _REQUEST_ID,
    }
    if issubclass(error, TooOften):
        document["retry_after_seconds"] = 60
    if error is ours.InvalidInput:
        text = str(fields.Text.default_error_messages["required"])
        document["errors"] = [{"field": "phone", "code": "required", "detail": text}]
    return document
