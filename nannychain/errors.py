"""Five kinds of anticipated failure. The error itself lives beside what raises it.

Each front door maps the kinds once: HTTP to problem details (RFC 9457), USSD to END or to asking
again, tasks to retry or not.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class NannyChainError(Exception):
    """A failure that was foreseen. `code` is stable; the message is for a person.

    Subclasses set `code` as `area.what_happened` and `message` as a translatable sentence that
    names no secret. `details` is what a program may want to know besides, as JSON values.
    """

    code: str = "error"
    message: str | Promise = ""
    details: Mapping[str, object] = {}

    def __init__(self, message: str | Promise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.code)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class NotFound(NannyChainError):
    """There is no such thing, or it is not the caller's to see."""


class Invalid(NannyChainError):
    """The input can't be understood or is out of range; nothing was changed."""


class Conflict(NannyChainError):
    """The input is fine, but not in the present state of things."""


class Forbidden(NannyChainError):
    """The caller may not do this."""


class Unavailable(NannyChainError):
    """Something we need is away for now; the same call may succeed later."""


class TooOften(Unavailable):
    """Somebody asked more often than is allowed; `retry_after_seconds` says when to come back."""

    code = "limits.too_often"
    message = _("Too many tries. Please wait a while, then try again.")

    def __init__(self, *, retry_after_seconds: int, message: str | Promise | None = None) -> None:
        self.retry_after_seconds = max(1, retry_after_seconds)
        super().__init__(message)
