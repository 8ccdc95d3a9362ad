"""Backups: the database in one archive, and a manifest that tells whether it is whole and ours.

Made and taken back by PostgreSQL's own programs: those of the wheel, or those on PATH. A restore is
all or nothing, and is believed only once the books were recomputed and a sealed key was opened.
What it brings back may have been paid out since, so nothing in it moves before staff have looked.
"""

import hashlib
import hmac
import json
import shutil
import subprocess
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from nannychain import keyed
from nannychain.actors import Actor
from nannychain.embedded import EmbeddedError, binaries
from nannychain.operating import services as operating
from nannychain.sealing import rotation
from wallets.ledger.checking import services as checking
from wallets.stellar import observing, pausing
from wallets.stellar.models import Network

ARCHIVE = "database.dump"
MANIFEST = "manifest.json"
_CHUNK_BYTES = 1_048_576
_MEMORY = "256MB"  # for sorting: indexes are made, and books recomputed, from all rows there are


class BackupFailed(Exception):
    """It was not made, or not taken back; the text says why, in words for staff."""


@dataclass(frozen=True)
class Manifest:
    """What an archive holds, and the hash that it has."""

    made_at: str
    sha256: str
    size_bytes: int
    journals: int
    postings: int
    migration: str

    def seal(self) -> str:
        """Return what only who has `SECRET_KEY` can make."""
        return keyed.signed("backup", json.dumps(asdict(self), sort_keys=True)).hex()


@dataclass(frozen=True)
class Restored:
    """What was found in the books after a restore, which secrets opened, and which lack a key."""

    journals: int
    postings: int
    faults: list[str]
    opened: dict[str, bool]
    missing: tuple[rotation.Missing, ...]


def make(folder: Path) -> Manifest:
    """Write archive and manifest into a folder that is not there yet; raise BackupFailed."""
    if folder.exists():
        raise BackupFailed(f"{folder} is there already: a backup is never written over another")
    folder.mkdir(parents=True, mode=0o700)
    archive = folder / ARCHIVE
    try:
        _run("pg_dump", "--format=custom", "--no-owner", f"--file={archive}")
    except BackupFailed:
        shutil.rmtree(folder)
        raise
    archive.chmod(0o600)
    # Counted afterwards: what was posted meanwhile may be beyond the archive, never less.
    journals, postings, migration = _counts()
    manifest = Manifest(
        made_at=timezone.now().isoformat(timespec="seconds"),
        sha256=_sha256(archive),
        size_bytes=archive.stat().st_size,
        journals=journals,
        postings=postings,
        migration=migration,
    )
    sealed = {**asdict(manifest), "seal": manifest.seal()}
    (folder / MANIFEST).write_text(json.dumps(sealed, indent=2) + "\n", encoding="utf-8")
    return manifest


def read(folder: Path, *, from_elsewhere: bool = False) -> Manifest:
    """Return the manifest, once the archive is the one that it names; raise BackupFailed.

    `from_elsewhere` takes one that was sealed under another `SECRET_KEY`.
    """
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        seal = str(told.pop("seal"))
        manifest = Manifest(**told)
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupFailed(f"{folder} has no manifest that can be read") from None
    if not from_elsewhere and not hmac.compare_digest(seal.encode(), manifest.seal().encode()):
        raise BackupFailed("the manifest was changed, or made under another SECRET_KEY")
    archive = folder / ARCHIVE
    if not archive.is_file() or _sha256(archive) != manifest.sha256:
        raise BackupFailed("the archive is not the one that the manifest names")
    return manifest


def restore(
    folder: Path, *, by: Actor, replace: bool = False, from_elsewhere: bool = False
) -> Restored:
    """Take a backup back into the database that is set, and verify it; raise BackupFailed.

    A database that holds tables is left alone, unless `replace` says that they may go; and so is
    one that anybody else is connected to. All flows stand still afterwards.
    """
    manifest = read(folder, from_elsewhere=from_elsewhere)
    _ensure_alone()
    if connection.introspection.table_names():
        if not replace:
            raise BackupFailed("the database holds tables: give an empty one, or --replace")
        _forget_everything()
    _run(
        "pg_restore",
        *("--no-owner", "--exit-on-error", "--single-transaction"),
        f"--dbname={connection.settings_dict['NAME']}",
        str(folder / ARCHIVE),
    )
    try:
        _bring_up_to_date()
        _stop_everything(manifest, by=by)
        _ensure_alone()  # whoever came while flows were open may have paid out
    except BaseException as error:
        _forget_everything()  # rather no database than one that pays out again
        if isinstance(error, Exception):
            raise BackupFailed(f"flows could not be stopped, so nothing is left: {error}") from None
        raise
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = %s", [_MEMORY])
    report = checking.verify()
    faults = list(report.faults)
    if report.journals > manifest.journals or report.postings > manifest.postings:
        faults.append("there is more in the books than the manifest tells")
    return Restored(
        journals=report.journals,
        postings=report.postings,
        faults=faults,
        opened=rotation.probe(),
        missing=rotation.missing(),
    )


def _ensure_alone() -> None:
    """Raise BackupFailed where others are connected: they would go on with what comes back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), string_agg(DISTINCT usename, ', ') FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND usename IS NOT NULL"
        )
        sessions, names = cursor.fetchone()
    if sessions:
        raise BackupFailed(
            f"others are on this database ({names}; sessions: {sessions}): stop all processes"
        )


def _bring_up_to_date() -> None:
    """Migrate an archive of an older version: what stops flows is written by this one."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


@transaction.atomic
def _stop_everything(manifest: Manifest, *, by: Actor) -> None:
    """Stop all flows, and Stellar: whatever was under way may have come to its end since."""
    made_at = datetime.fromisoformat(manifest.made_at)
    when = f"{made_at:%Y-%m-%d %H:%M} UTC"
    reason = f"taken back from the backup of {when}: see operations.md, After a restore"
    operating.restored(backup_made_at=made_at, reason=reason, by=by)
    observing.present()
    for network in Network.objects.all():
        pausing.pause(network, reason=reason, by=by.id, name=by.name)


def _forget_everything() -> None:
    """Drop all that an archive may bring: every schema that isn't PostgreSQL's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(nspname) FROM pg_namespace"
            " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
        )
        for (schema,) in cursor.fetchall():
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")
        cursor.execute("CREATE SCHEMA public")


def _counts() -> tuple[int, int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM wallets_journal), (SELECT count(*) FROM wallets_posting),"
            " (SELECT app || '.' || name FROM django_migrations ORDER BY id DESC LIMIT 1)"
        )
        journals, postings, migration = cursor.fetchone()
    return journals, postings, migration


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on our database; the password is in no argument."""
    given = connection.settings_dict
    environment = {
        "PGHOST": str(given["HOST"]),
        "PGPORT": str(given["PORT"] or 5432),
        "PGUSER": str(given["USER"]),
        "PGPASSWORD": str(given["PASSWORD"]),
        "PGDATABASE": str(given["NAME"]),
        "PGOPTIONS": f"-c maintenance_work_mem={_MEMORY} -c max_parallel_maintenance_workers=2",
    }
    if mode := given.get("OPTIONS", {}).get("sslmode"):
        environment["PGSSLMODE"] = str(mode)
    ended = subprocess.run(
        [_program(program), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        words = (ended.stderr.strip().splitlines() or ["it does not say why"])[0]
        raise BackupFailed(f"{program}: {words[:300]}")


def _program(name: str) -> str:
    try:
        return str(binaries.postgres_programs(binaries.postgres_root()) / name)
    except EmbeddedError:
        found = shutil.which(name)
    if found is None:
        raise BackupFailed(f"{name} is missing: install PostgreSQL's client programs")
    return found


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
