"""The languages we speak, and how to say a text in one of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import translation

DEFAULT = "en"


def codes() -> tuple[str, ...]:
    """Return the codes of all languages on offer, the default first."""
    return tuple(code for code, _ in settings.LANGUAGES)


def known(code: str | None) -> str:
    """Return `code` where we speak it, and the default language otherwise."""
    return code if code in codes() else DEFAULT


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Within the block, texts come out in the language `code`."""
    chosen = known(code)
    if translation.get_language() == chosen:
        yield
        return
    with translation.override(chosen):
        yield
