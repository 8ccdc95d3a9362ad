"""`.ci/run` and what calls it: checks first, then tests, and no failure is swallowed."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.architecture import tree

_MAKE = """#!/bin/sh
[ "$1" = --version ] && echo "a make for tests" && exit 0
echo "$1 in $(pwd) with ${REQUIRE_BROWSER:-no browser}" >> "$LOG"
[ "$1" != "$FAILS" ]
"""
_PROGRAM = "#!/bin/sh\necho 'a program for tests'\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of programs that stand in for those of a machine; `make` notes what it is told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {"make": _MAKE, "python3": _PROGRAM, "chromium": _PROGRAM}.items():
        program = folder / name
        program.write_text(text)
        program.chmod(0o755)
    for name in ("bash", "sh", "dirname", "uname", "head", "id", "env"):
        (folder / name).symlink_to(_which(name))
    return folder


def _which(name: str) -> str:
    return next(f"{d}/{name}" for d in ("/usr/bin", "/bin") if os.access(f"{d}/{name}", os.X_OK))


def _run(machine: Path, *, fails: str = "") -> tuple[int, list[str], str]:
    """Run it from elsewhere with an empty environment; return code, what make did, and errors."""
    log = machine / "log"
    log.touch()
    run = subprocess.run(
        ["bash", str(tree.ROOT / ".ci" / "run")],
        cwd=machine,
        env={"PATH": str(machine), "LOG": str(log), "FAILS": fails},
        capture_output=True,
        text=True,
        timeout=30,
    )
    return run.returncode, log.read_text().splitlines(), run.stderr


def test_it_checks_and_then_tests_with_a_browser_from_any_folder(machine: Path) -> None:
    code, done, errors = _run(machine)
    assert (code, errors) == (0, "")
    assert done == [
        f"check in {tree.ROOT} with no browser",
        f"test in {tree.ROOT} with 1",
        f"smoke in {tree.ROOT} with no browser",
    ]


@pytest.mark.parametrize(("target", "reached"), [("check", 1), ("test", 2), ("smoke", 3)])
def test_it_fails_when_a_part_fails(machine: Path, target: str, reached: int) -> None:
    code, done, _ = _run(machine, fails=target)
    assert code != 0
    assert len(done) == reached


def test_it_fails_where_no_browser_can_be_had(machine: Path) -> None:
    (machine / "chromium").unlink()
    code, done, errors = _run(machine)
    assert code == 1
    assert done == []
    assert "Chromium" in errors


def test_a_browser_is_installed_where_there_is_none(machine: Path) -> None:
    (machine / "chromium").rename(machine / "later")
    for name, text in {
        "apt-get": f'#!/bin/sh\n[ "$1" = update ] || mv {machine}/later {machine}/chromium\n',
        "sudo": '#!/bin/sh\nshift\nexec "$@"\n',
    }.items():
        (machine / name).write_text(text)
        (machine / name).chmod(0o755)
    (machine / "mv").symlink_to(_which("mv"))
    (machine / "true").symlink_to(_which("true"))
    code, done, errors = _run(machine)
    assert (code, errors) == (0, "")
    assert len(done) == 3


def test_it_can_be_run_as_it_was_cloned() -> None:
    assert os.access(tree.ROOT / ".ci" / "run", os.X_OK)


def test_every_python_that_is_promised_is_tried() -> None:
    workflow = yaml.safe_load((tree.ROOT / ".github/workflows/ci.yml").read_text())
    tests = workflow["jobs"]["tests"]
    assert tests["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert ".ci/run" in [step.get("run") for step in tests["steps"]]
    assert workflow["permissions"] == {"contents": "read"}


def test_actions_are_pinned_to_a_major_version() -> None:
    text = "\n".join(path.read_text() for path in (tree.ROOT / ".github").rglob("*.yml"))
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert [action for action in used if not re.fullmatch(r"actions/[\w-]+@v\d+", action)] == []


def test_hooks_run_the_tools_of_the_project() -> None:
    hooks = yaml.safe_load((tree.ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    entries = [hook["entry"].split()[0] for hook in hooks[0]["hooks"]]
    assert all(entry == "make" or entry.startswith(".venv/bin/") for entry in entries)
