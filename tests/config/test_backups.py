"""A backup is taken back into another database, by the commands that people run, and verified."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from config import backups
from nannychain.sealing import rotation
from tests.factories import money
from tests.factories.backups import manage
from wallets.custody.models import SealedKey

pytestmark = pytest.mark.timeout(600)  # several programs each


def count(alias_name: str) -> int:
    done = manage("verify_books", database=alias_name)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split(" journals")[0].split()[-1].replace(",", ""))


def test_it_is_taken_back_whole_and_verified_by_books_and_keys(made: Path, elsewhere: str) -> None:
    manifest = json.loads((made / backups.MANIFEST).read_text())
    assert manifest["journals"] > 0
    done = manage("restore", str(made), database=elsewhere)
    assert done.returncode == 0, done.stderr
    assert "wallet keys: one was opened" in done.stdout
    assert "the books are right" in done.stdout
    assert count(elsewhere) == manifest["journals"]
    again = manage("restore", str(made), database=elsewhere)
    assert again.returncode == 1
    assert "the database holds tables" in again.stderr
    replaced = manage("restore", str(made), "--replace", database=elsewhere)
    assert replaced.returncode == 0, replaced.stderr
    assert count(elsewhere) == manifest["journals"]


def test_under_another_key_the_restore_is_no_success_unless_the_key_is_kept_elsewhere(
    made: Path, elsewhere: str
) -> None:
    other = {"database": elsewhere, "ENCRYPTION_KEY": "ab" * 32}
    done = manage("restore", str(made), **other)
    assert done.returncode == 1
    assert re.search(r"wallet keys: the key \w+ of 1 rows is not here", done.stderr)
    assert "the books are right" not in done.stdout
    done = manage("restore", str(made), "--replace", "--without-key", **other)
    assert done.returncode == 0, done.stderr
    assert "is not here" in done.stdout
    assert "the books are right" in done.stdout


@pytest.mark.django_db
def test_a_secret_that_does_not_open_is_told() -> None:
    money.member(1_00)
    assert rotation.probe()["wallet keys"] is True
    SealedKey.objects.update(ciphertext=b"x" * 100)
    assert rotation.probe()["wallet keys"] is False


def test_a_backup_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    done = manage("backup", str(folder), database="no_such_database")
    assert done.returncode == 1
    assert "pg_dump" in done.stderr
    assert "Traceback" not in done.stderr
    assert not folder.exists()


def test_what_was_changed_is_refused(made: Path) -> None:
    manifest = made / backups.MANIFEST
    whole = manifest.read_text()
    manifest.write_text(whole.replace('"postings": ', '"postings": 9'))
    with pytest.raises(backups.BackupFailed, match="the manifest was changed"):
        backups.read(made)
    manifest.write_text(whole)
    assert backups.read(made).journals > 0
    with (made / backups.ARCHIVE).open("ab") as archive:
        archive.write(b"x")
    with pytest.raises(backups.BackupFailed, match="not the one that the manifest names"):
        backups.read(made)


def test_a_manifest_of_another_key_is_taken_only_when_told(made: Path, settings: Any) -> None:
    settings.SECRET_KEY = "another secret, and long enough for all that signs with it, I think"
    with pytest.raises(backups.BackupFailed, match="another SECRET_KEY"):
        backups.read(made)
    assert backups.read(made, from_elsewhere=True).journals > 0


def test_nobody_else_reads_it_and_no_other_is_written_over(made: Path) -> None:
    assert made.stat().st_mode & 0o077 == 0
    assert (made / backups.ARCHIVE).stat().st_mode & 0o077 == 0
    with pytest.raises(backups.BackupFailed, match="is there already"):
        backups.make(made)


def test_a_folder_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(backups.BackupFailed, match="no manifest"):
        backups.read(tmp_path)
