"""Each lock holds all that its programs need: nothing works by a developer's packages alone."""

import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest

from tests.architecture import tree

# What the programs of production load: the web server, the worker, beat, and every broker.
_PRODUCTION = """
import config.wsgi, config.urls, manage
import gunicorn.app.wsgiapp, gunicorn.workers.gthread
import celery.bin.celery, celery.bin.worker, celery.bin.beat, celery.apps.worker, celery.beat
import celery.concurrency.thread, kombu.transport.redis, kombu.transport.pyamqp
from config.celery import app
app.loader.import_default_modules()
from django.core.management import get_commands, load_command_class
[load_command_class(a, c) for c, a in get_commands().items() if not a.startswith("django.")]
"""
_TRIAL = """
import nannychain.supervisor.run, nannychain.supervisor.clean, simulators.__main__
import simulators.app
from nannychain.embedded import binaries
binaries.postgres_root(), binaries.valkey_server()
"""
# Whatever is not in the lock is not there, as on a machine that has installed nothing else.
_WITHOUT = """
import sys
class Absent:
    names = frozenset({absent!r})
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""


def _run(program: str, *, lock: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process that finds only what the lock holds."""
    locked = _locked(lock)
    absent = sorted(
        module
        for module, owners in packages_distributions().items()
        if not locked & {_normal(owner) for owner in owners}
    )
    return subprocess.run(
        [sys.executable, "-c", _WITHOUT.format(absent=absent) + program],
        cwd=tree.ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
    )


def _locked(name: str) -> set[str]:
    text = (tree.ROOT / "requirements" / f"{name}.txt").read_text()
    return {_normal(found) for found in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(("lock", "program"), [("base", _PRODUCTION), ("local", _TRIAL)])
def test_a_lock_holds_all_that_its_programs_need(lock: str, program: str) -> None:
    run = _run(program, lock=lock)
    last_words = run.stderr.strip().splitlines()[-1:]
    assert run.returncode == 0, last_words


def test_what_is_not_in_a_lock_is_missed() -> None:
    run = _run("import hypothesis", lock="local")
    assert "No module named 'hypothesis'" in run.stderr


def test_each_lock_holds_the_one_before() -> None:
    assert _locked("base") < _locked("local") < _locked("dev")


@pytest.mark.parametrize("lock", ["base", "local", "dev", "uv"])
def test_every_package_of_a_lock_has_hashes(lock: str) -> None:
    text = (tree.ROOT / "requirements" / f"{lock}.txt").read_text()
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
