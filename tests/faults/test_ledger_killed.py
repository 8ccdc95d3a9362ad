"""A durable server is killed with -9 while many post: what was acknowledged is there afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from nannychain import embedded

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = 4
_CLIENT = """
import os, sys, uuid
import django
django.setup()
from tests.factories import books
from wallets.ledger import posting
from wallets.ledger.models import Account
mine = uuid.uuid4().hex
one, other = books.wallet(1_000_000_00), books.wallet()
number = 0
while True:
    number += 1
    key = f"{mine}-{number}"
    if number % 10:
        posting.post(books.transfer(one, other, 1_00, key=key))
        print(key, flush=True)
    else:
        batch = [books.transfer(one, other, 1_00, key=f"{key}-{n}") for n in range(20)]
        posting.post_batch(batch)
        print("\\n".join(f"{key}-{n}" for n in range(20)), flush=True)
"""


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("killed")


def _environment(url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}


def _manage(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=_environment(url),
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.mark.timeout(180)
def test_every_acknowledged_journal_is_there_after_kill_minus_nine(folder: Path) -> None:
    servers = embedded.start(folder, durable=True)
    try:
        assert _manage(servers.owner_url, "migrate", "--verbosity", "0").returncode == 0
        clients = [
            subprocess.Popen(
                [sys.executable, "-c", _CLIENT],
                cwd=ROOT,
                env=_environment(servers.app_url),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            for _ in range(CLIENTS)
        ]
        for client in clients:
            assert client.stdout is not None
            client.stdout.readline()  # all of them have posted
        time.sleep(1.5)
        os.kill(servers.postgres.pid, signal.SIGKILL)
        acknowledged = {
            f"transfer:{key}" for client in clients for key in client.communicate()[0].split()
        }
    finally:
        servers.stop()
    assert len(acknowledged) > 50

    servers = embedded.start(folder, durable=True)
    try:
        with psycopg.connect(servers.app_url) as connection:
            rows = connection.execute("SELECT key FROM wallets_journal").fetchall()
        checked = _manage(servers.app_url, "verify_books")
    finally:
        servers.stop()
    assert acknowledged - {key for (key,) in rows} == set()
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "the books are right" in checked.stdout
