"""All codes that a caller of the API may be told, as the published schema has them."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

from nannychain.api import errors, problems
from nannychain.errors import NannyChainError
from nannychain.language import speaking


@dataclass(frozen=True, order=True)
class Told:
    """One code, the status that it comes with, and what it says in English."""

    code: str
    status: int
    words: str


@cache
def known() -> tuple[Told, ...]:
    """Return all codes in order: those of operations, and those of requests as such."""
    schema = json.loads(settings.OPENAPI_FILE.read_bytes())
    operations = [each for path in schema["paths"].values() for each in path.values()]
    found = {told for operation in operations for told in _of(operation)}
    with speaking("en"):
        found |= {
            Told(error.code, problems.status_of(error), str(error.message))
            for error in vars(errors).values()
            if isinstance(error, type)
            and issubclass(error, NannyChainError)
            and error.__module__ == errors.__name__
        }
    return tuple(sorted(found))


def _of(operation: dict[str, Any]) -> list[Told]:
    examples = [
        example["value"]
        for status, answer in operation["responses"].items()
        if status >= "400"
        for example in answer["content"][problems.MEDIA_TYPE]["examples"].values()
    ]
    return [Told(value["code"], value["status"], value["detail"]) for value in examples]


def page() -> str:
    """Return `docs/errors.md`."""
    rows = [f"| `{told.code}` | {told.status} | {told.words} |" for told in known()]
    return _HEAD + "\n".join(rows) + "\n"


_HEAD = """# The codes of errors

Drawn from `config/openapi.json` by `make openapi`. Programs go by `code`, which is stable; `detail`
is a sentence for people and may change. A running instance shows this list at `/docs/errors`.

| code | status | in words |
| --- | --- | --- |
"""
