"""Folders and files that only their owner may read, and the lock that one server holds on one."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import pwd
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nannychain.embedded.errors import EmbeddedError
from nannychain.embedded.processes import Record

_POLL_SECONDS = 0.05


def make_private(folder: Path) -> Path:
    """Make the folder if need be, for its owner only; return its absolute path.

    A folder of somebody else is refused, one of ours that is too open is closed.
    """
    with disk_errors():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.geteuid():
            raise EmbeddedError(
                f"{folder} belongs to {_name(found.st_uid)}: run this as that user."
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)
    return folder.resolve()


def write_private(path: Path, content: Any) -> None:
    """Write the content as JSON into a file that only its owner may read; all of it or nothing."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with disk_errors():
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.flush()
            os.fsync(descriptor)
        new.replace(path)


def read_private(path: Path) -> dict[str, Any]:
    """Return what was written, or nothing where there is no such file."""
    with disk_errors():
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            content = None
    if not isinstance(content, dict):
        raise EmbeddedError(f"{path} is damaged: restore it, or forget everything (`make clean`).")
    return content


@contextlib.contextmanager
def disk_errors() -> Iterator[None]:
    """Turn what the file system refuses into one clear sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise EmbeddedError(f"The disk is full: {error.filename} can't be written.") from None
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise EmbeddedError(f"{error.filename}: {error.strerror}.") from None
        raise


class FolderLock:
    """At most one holder; who holds it can be read, and dead holders don't count.

    The lock is `flock`, so it ends with the last process that has it open. A server inherits it
    (`descriptor`), and a server whose starter was killed keeps its folder as long as it lives.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @property
    def descriptor(self) -> int:
        """Return the open file that holds the lock."""
        assert self._file is not None
        return self._file

    @property
    def is_held(self) -> bool:
        """Tell whether this object holds the lock."""
        return self._file is not None

    def take(self, *, wait_seconds: float = 0) -> bool:
        """Take the lock within so many seconds; tell whether that was possible."""
        with disk_errors():
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_seconds
        while not _locked(file):
            if time.monotonic() >= deadline:
                os.close(file)
                return False
            time.sleep(_POLL_SECONDS)
        self._file = file
        self._sign(file)
        return True

    def holder(self) -> Record | None:
        """Return the process that took the lock, if it still lives."""
        try:
            record = Record.from_json(json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None
        return record if record and record.is_alive else None

    def release(self) -> None:
        """Let go of the lock."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)  # also for whoever inherited it by a fork
            os.close(self._file)
            self._file = None

    def _sign(self, file: int) -> None:
        record = Record.of(os.getpid())
        text = json.dumps(record.as_json() if record else {}).encode()
        with disk_errors():
            os.pwrite(file, text, 0)  # in one piece: somebody may read it right now
            os.ftruncate(file, len(text))


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
