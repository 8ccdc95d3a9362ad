"""Makes the virtual environment and installs one of the locks into it.

    python3 requirements/install.py base|local|dev

It runs under a bare python3 and uses nothing but the standard library. `base` is what production
needs, `local` adds what `make run` needs, `dev` adds what the tests and checks need. VENV names
another folder than `.venv`. A second run finds the stamp of the first and is done at once; a run
that was broken off leaves no stamp. Every package is checked against the hashes in the lock. Where
packages come from is pip's business: no index is named here.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "NannyChain needs Python 3.11 or newer, and this is {}.{}: install a newer one, "
        "or name it, as in `make run PYTHON=/path/to/python3.11`.".format(*sys.version_info)
    )

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("base", "local", "dev", "bench")  # each holds all of the one before
STAMP = "nannychain-lock.json"
MARK = "nannychain-made.txt"


class CannotInstall(Exception):
    """Why it can't be done, and what helps, in one sentence."""


def main(arguments: list[str]) -> int:
    """Install the named lock; return the exit code."""
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        print(f"usage: python3 requirements/install.py {'|'.join(LOCKS)}", file=sys.stderr)
        return 2
    try:
        with open(__file__, encoding="utf-8") as lock:
            wait_for_others(lock.fileno())
            install(arguments[0], folder=environment_folder())
    except CannotInstall as reason:
        print(reason, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nBroken off. The next run goes on from here.", file=sys.stderr)
        return 130
    return 0


def environment_folder() -> Path:
    """Return the virtual environment's folder, which need not be there."""
    return (ROOT / (os.environ.get("VENV") or ".venv")).absolute()


def wait_for_others(descriptor: int) -> None:
    """Let one set-up of this checkout run at a time."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Waiting for another set-up to end …", flush=True)
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def install(wanted: str, *, folder: Path) -> None:
    """Bring the environment to the state of the lock, unless it is there already."""
    stamp = read_stamp(folder)
    if is_current(stamp, wanted):
        return
    # What is there beyond the wanted lock stays: `make run` after `make test` removes nothing.
    lock = max(wanted, stamp.get("lock", wanted), key=LOCKS.index)
    python = make_environment(folder)
    (folder / STAMP).unlink(missing_ok=True)
    started = time.monotonic()
    print(f"Installing the {lock} packages (the first time takes a moment) …", flush=True)
    if not install_with_uv(python, lock_file(lock), is_ours=(folder / MARK).exists()):
        print("uv could not do it; pip does it now, in a minute or two …", flush=True)
        install_with_pip(lock_file(lock), pip=pip_for(python))
    write(folder / STAMP, json.dumps({"lock": lock, "hash": hash_of(lock)}))
    print(f"Installed in {time.monotonic() - started:.0f} s.", flush=True)


def is_current(stamp: dict[str, str], wanted: str) -> bool:
    """Tell whether the stamp is of a lock that holds the wanted one, as both are now."""
    lock = stamp.get("lock", "")
    if lock not in LOCKS or LOCKS.index(lock) < LOCKS.index(wanted):
        return False
    return stamp.get("hash") == hash_of(lock)


def lock_file(lock: str) -> Path:
    """Return the file of a lock."""
    return ROOT / "requirements" / f"{lock}.txt"


def hash_of(lock: str) -> str:
    """Return what changes whenever the lock does."""
    return hashlib.sha256(lock_file(lock).read_bytes()).hexdigest()


def read_stamp(folder: Path) -> dict[str, str]:
    """Return what was installed last, or nothing if that is unknown or its Python is gone."""
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and python_of(folder).exists() else {}


def python_of(folder: Path) -> Path:
    """Return the environment's Python."""
    return folder / "bin" / "python"


def make_environment(folder: Path) -> Path:
    """Return the Python of the environment, which is made or repaired if need be."""
    python = python_of(folder)
    if (folder / "pyvenv.cfg").exists():
        if version_of(python) >= (3, 11) and ((folder / MARK).exists() or has_pip(python)):
            return python
        print(f"{folder} is incomplete or its Python is gone: it is made again.", flush=True)
    elif folder.exists() and any(folder.iterdir()):
        raise CannotInstall(
            f"{folder} exists and is no virtual environment: name another with VENV, or remove it."
        )
    print(f"Making {folder} with Python {sys.version.split()[0]} …", flush=True)
    with_pip = importlib.util.find_spec("ensurepip") is not None
    try:
        venv.create(folder, clear=True, with_pip=with_pip, symlinks=True)
    except subprocess.CalledProcessError:
        venv.create(folder, clear=True, with_pip=False, symlinks=True)
    pip_for(python)
    write(folder / MARK, "made by requirements/install.py\n")
    return python


def version_of(python: Path) -> tuple[int, ...]:
    """Return the version of a Python, or nothing where it can't be run."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        run = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(int(part) for part in run.stdout.split())


def has_pip(python: Path) -> bool:
    """Tell whether this Python can run pip."""
    run = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    return run.returncode == 0


def pip_for(python: Path) -> list[str]:
    """Return the command of a pip that installs into the environment: its own, or a borrowed one.

    Debian's python3 has neither pip nor the means to make one, unless python3-venv is installed.
    """
    if has_pip(python):
        return [str(python), "-m", "pip"]
    if has_pip(Path(sys.executable)):
        return [sys.executable, "-m", "pip", "--python", str(python)]
    raise CannotInstall(
        "This Python can't make a virtual environment with pip in it: install your system's "
        "package for that (python3-venv on Debian and Ubuntu), then run this again."
    )


def install_with_uv(python: Path, lock: Path, *, is_ours: bool) -> bool:
    """Install the lock, fast; tell whether that worked.

    What isn't in the lock is removed, but not from an environment that somebody else has made.
    """
    uv = find_uv(python)
    if uv is None:
        return False
    verb = "sync" if is_ours else "install"
    command = [uv, "pip", verb, "--python", str(python), "--require-hashes", "--quiet"]
    command += [str(lock)] if is_ours else ["--requirement", str(lock)]
    environment = uv_environment(pip_settings(python))
    # First with uv's own certificates, then with the system's: proxies have theirs.
    for certificates in ([], ["--system-certs"]):
        run = subprocess.run(
            [*command, *certificates], cwd=ROOT, env=environment, capture_output=True, check=False
        )
        if run.returncode == 0:
            return True
    return False


def find_uv(python: Path) -> str | None:
    """Return a uv: the environment's own, which is fetched as a package the first time."""
    own = python.with_name("uv")
    if not own.exists():
        try:
            install_with_pip(ROOT / "requirements" / "uv.txt", pip=pip_for(python))
        except CannotInstall:
            return shutil.which("uv")
    return str(own) if own.exists() else shutil.which("uv")


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """Return the environment for uv, which doesn't read pip's settings: it is told them.

    Whoever has told uv himself where to look is not interfered with.
    """
    if any(name.startswith(("UV_INDEX", "UV_DEFAULT_INDEX", "UV_CONFIG")) for name in os.environ):
        return dict(os.environ)
    told = {
        name: settings[option]
        for option, name in (
            ("index-url", "UV_DEFAULT_INDEX"),
            ("extra-index-url", "UV_INDEX"),
            ("find-links", "UV_FIND_LINKS"),
            ("cert", "SSL_CERT_FILE"),
        )
        if option in settings
    }
    return {**told, **os.environ}


def pip_settings(python: Path) -> dict[str, str]:
    """Return pip's settings by their bare names, from wherever pip takes them."""
    command = [*pip_for(python), "config", "list"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    pairs = (line.partition("=")[::2] for line in run.stdout.splitlines())
    return {name.rpartition(".")[2]: value.strip("'\"") for name, value in pairs}


def install_with_pip(lock: Path, *, pip: list[str]) -> None:
    """Install all of the lock; raise CannotInstall with pip's own reason."""
    command = [*pip, "install", "--require-hashes", "--no-deps", "--disable-pip-version-check"]
    run = subprocess.run(
        [*command, "--quiet", "--requirement", str(lock)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        lines = [line for line in run.stderr.splitlines() if line.startswith("ERROR")]
        reason = (lines or run.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise CannotInstall(f"pip could not install {lock.name}: {reason}")


def write(path: Path, text: str) -> None:
    """Write a file, all of it or nothing."""
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
