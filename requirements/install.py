"""Set up the virtual environment from a lock: `python3 requirements/install.py local|dev`.

Standard library only, since it runs before anything is installed. Installs with uv, which is itself
fetched as a package, and with pip where that fails. A stamp in the environment holds the hash of
the lock, so that a second run has nothing to do.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("VENV", "") or ROOT / ".venv")
PYTHON = FOLDER / "bin" / "python"
# Each lock holds all of those before it.
LOCKS = ("base", "local", "dev")


def main(arguments: list[str]) -> int:
    """Install the lock that is named; return the exit code."""
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        print(f"usage: python3 requirements/install.py {'|'.join(LOCKS)}")
        return 2
    if sys.version_info < (3, 11):
        print(f"NannyChain needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
        return 1
    lock = arguments[0]
    if _is_installed(lock):
        return 0
    started = time.monotonic()
    print(f"Installing the packages of requirements/{lock}.txt (the first time takes a minute) …")
    try:
        _make_environment()
        _install(lock)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"The packages could not be installed: {_why(error)}")
        return 1
    _stamp(lock).write_text(_fingerprint(lock))
    print(f"Installed in {time.monotonic() - started:.0f} s.")
    return 0


def _is_installed(lock: str) -> bool:
    """Tell whether the lock, or one that holds it, is installed as it stands now."""
    return PYTHON.exists() and any(
        _stamp(larger).exists() and _stamp(larger).read_text() == _fingerprint(larger)
        for larger in LOCKS[LOCKS.index(lock) :]
    )


def _stamp(lock: str) -> Path:
    return FOLDER / f".{lock}-installed"


def _fingerprint(lock: str) -> str:
    """Return a hash of the lock and of the Python it was installed for."""
    content = (ROOT / "requirements" / f"{lock}.txt").read_bytes()
    return hashlib.sha256(content + sys.version.encode()).hexdigest()


def _make_environment() -> None:
    made_for = FOLDER / ".made-for"
    if PYTHON.exists() and made_for.exists() and made_for.read_text() == sys.version:
        return
    if FOLDER.exists():
        shutil.rmtree(FOLDER)  # an interrupted set-up, or another Python
    try:
        venv.create(FOLDER, with_pip=True, symlinks=True)
    except subprocess.CalledProcessError:
        # Debian keeps ensurepip in a package of its own; a pip that is there can do without it.
        venv.create(FOLDER, with_pip=False, symlinks=True, clear=True)
        _pip_from_outside()
    made_for.write_text(sys.version)


def _pip_from_outside() -> None:
    command = [sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--quiet", "pip"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(FOLDER, ignore_errors=True)
        raise OSError(
            "this Python can't make virtual environments with pip. Install its venv package "
            "(on Debian and Ubuntu: apt install python3-venv) or pip, and try again"
        )


def _install(lock: str) -> None:
    locked = ROOT / "requirements" / f"{lock}.txt"
    for stamp in LOCKS:
        _stamp(stamp).unlink(missing_ok=True)
    if not _uv(locked):
        print("uv could not do it; pip tries, which takes longer …")
        _pip("--requirement", str(locked))


def _uv(locked: Path) -> bool:
    """Install with uv: with its own certificates, then with the system's (proxies have theirs)."""
    try:
        _pip("--requirement", str(ROOT / "requirements" / "uv.txt"))
    except subprocess.CalledProcessError:
        return False
    command = [FOLDER / "bin" / "uv", "pip", "install", "--quiet", "--require-hashes"]
    command += ["--python", PYTHON, "--requirement", locked]
    for certificates in ([], ["--system-certs"]):
        try:
            subprocess.run([*command, *certificates], check=True, capture_output=True)
        except (subprocess.CalledProcessError, OSError):
            continue
        return True
    return False


def _pip(*arguments: str) -> None:
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "--require-hashes", *arguments], check=True)


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return "see above; is the network there?"
    return str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
