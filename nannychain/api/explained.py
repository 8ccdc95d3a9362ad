"""What an operation tells about itself, beside its code; `schema` makes OpenAPI of it.

    @explained(
        "See my wallet",
        answers={200: Answer(WalletAnswer, example={...})},
        errors=(NoWallet,),
    )
    def get(self, request): ...

Named are only the errors that are this operation's own: who may, how often, what can't be read and
what is away follow from the endpoint itself. Every error needs a `code` and a `message`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from nannychain.errors import NannyChainError

JSON = "application/json"

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Answer:
    """One answer: its form (None: no body), an example, and when it comes."""

    form: Any = None
    example: Any = None
    when: str = ""
    media_type: str = JSON


@dataclass(frozen=True)
class Explained:
    """All that is told of one operation."""

    summary: str
    answers: Mapping[int, Answer]
    tag: str
    body: Any = None
    body_example: Any = None
    query: Any = None
    path: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[type[NannyChainError], ...] = ()


def explained(
    summary: str,
    *,
    answers: Mapping[int, Answer],
    tag: str,
    body: Any = None,
    body_example: Any = None,
    query: Any = None,
    path: Mapping[str, Any] | None = None,
    errors: tuple[type[NannyChainError], ...] = (),
) -> Callable[[View], View]:
    """Decorate a method of an endpoint with what it does; its docstring goes on about it.

    `body` and `query` are serializers, `path` maps each variable of the address to an example.
    """

    def told(method: View) -> View:
        method.explained = Explained(  # type: ignore[attr-defined]
            summary=summary,
            answers=answers,
            tag=tag,
            body=body,
            body_example=body_example,
            query=query,
            path=path or {},
            errors=errors,
        )
        return method

    return told


def of(endpoint: Any, method: str) -> Explained | None:
    """Return what is told of this method of an endpoint, or None."""
    found: Explained | None = getattr(getattr(endpoint, method.lower(), None), "explained", None)
    return found
