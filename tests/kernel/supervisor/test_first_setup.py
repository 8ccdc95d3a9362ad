"""`requirements/install.py`: what is done again and what isn't, without fetching anything."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
_SCRIPT = ROOT / "requirements" / "install.py"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, which fetches nothing: what it would install is noted."""
    spec = importlib.util.spec_from_file_location("first_setup", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.installed = []

    def note(_: Path, lock: Path, *, is_ours: bool) -> bool:
        module.installed.append((lock.stem, is_ours))
        return True

    monkeypatch.setattr(module, "install_with_uv", note)
    return module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A virtual environment that the script has made, with nothing in it yet."""
    place = tmp_path / "a venv"
    venv.create(place, with_pip=False, symlinks=True)
    (place / "nannychain-made.txt").touch()
    return place


def test_a_second_run_does_nothing(script, folder):
    script.install("local", folder=folder)
    script.install("local", folder=folder)
    assert script.installed == [("local", True)]


def test_what_holds_more_is_enough_for_less(script, folder):
    script.install("dev", folder=folder)
    script.install("local", folder=folder)
    assert script.installed == [("dev", True)]


def test_more_is_added_when_asked_for(script, folder):
    script.install("local", folder=folder)
    script.install("dev", folder=folder)
    assert script.installed == [("local", True), ("dev", True)]


def test_a_changed_lock_is_installed_without_removing_what_tests_need(script, folder, monkeypatch):
    script.install("dev", folder=folder)
    monkeypatch.setattr(script, "hash_of", lambda lock: f"changed {lock}")
    script.install("local", folder=folder)
    assert script.installed == [("dev", True), ("dev", True)]


def test_a_run_that_was_broken_off_leaves_no_stamp(script, folder, monkeypatch):
    script.install("local", folder=folder)

    def broken_off(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(script, "install_with_uv", broken_off)
    with pytest.raises(KeyboardInterrupt):
        script.install("dev", folder=folder)
    assert script.read_stamp(folder) == {}


def test_an_environment_whose_python_is_gone_is_made_again(script, folder):
    script.install("local", folder=folder)
    (folder / "bin" / "python").unlink()
    (folder / "bin" / "python").symlink_to("/nonexistent/python")
    script.install("local", folder=folder)
    assert script.version_of(folder / "bin" / "python") >= (3, 11)
    assert len(script.installed) == 2


def test_a_folder_that_is_no_environment_is_never_touched(script, tmp_path):
    (tmp_path / "letters").write_text("dear")
    with pytest.raises(script.CannotInstall, match="is no virtual environment"):
        script.install("local", folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_nothing_is_removed_from_an_environment_that_somebody_else_has_made(script, folder):
    (folder / "nannychain-made.txt").unlink()
    script.has_pip = lambda _: True
    script.install("local", folder=folder)
    assert script.installed == [("local", False)]


def test_a_python_without_pip_is_told_what_to_install(script, folder):
    script.has_pip = lambda _: False
    with pytest.raises(script.CannotInstall, match="python3-venv"):
        script.pip_for(folder / "bin" / "python")


def test_where_uv_fails_pip_does_it_with_hashes(script, folder, monkeypatch):
    commands = []
    monkeypatch.setattr(script, "install_with_uv", lambda *_, **__: False)
    monkeypatch.setattr(script, "pip_for", lambda _: ["pip"])

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, "3 11", "")

    monkeypatch.setattr(script.subprocess, "run", run)
    script.install("local", folder=folder)
    (fetched,) = [command for command in commands if "install" in command]
    assert "--require-hashes" in fetched
    assert fetched[-1].endswith("requirements/local.txt")


@pytest.mark.parametrize("arguments", [[], ["prod"], ["local", "dev"]])
def test_a_wrong_call_is_told_how(arguments):
    run = subprocess.run([sys.executable, _SCRIPT, *arguments], capture_output=True, text=True)
    assert (run.returncode, "usage:" in run.stderr) == (2, True)


def test_uv_is_told_where_pip_would_look_unless_somebody_told_it(script, monkeypatch):
    for name in list(os.environ):
        if name.startswith("UV_"):
            monkeypatch.delenv(name)
    told = script.uv_environment({"index-url": "https://packages.example/simple"})
    assert told["UV_DEFAULT_INDEX"] == "https://packages.example/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mine.example")
    kept = script.uv_environment({"index-url": "https://packages.example/simple"})
    assert kept["UV_DEFAULT_INDEX"] == "https://mine.example"


def test_each_lock_holds_all_of_the_one_before(script):
    pins = {
        lock: set(re.findall(r"^([a-z0-9._-]+==\S+)", script.lock_file(lock).read_text(), re.M))
        for lock in script.LOCKS
    }
    assert pins["base"]
    assert pins["base"] < pins["local"] < pins["dev"]


def test_the_stamp_says_what_is_installed(script, folder):
    script.install("local", folder=folder)
    stamp = json.loads((folder / script.STAMP).read_text())
    assert stamp == {"lock": "local", "hash": script.hash_of("local")}
