"""Moving the data of an embedded database, as when PostgreSQL's major version changes.

    python -m nannychain.embedded dump > nannychain.sql
    python -m nannychain.embedded load < nannychain.sql

NannyChain must not be running meanwhile. Loading replaces what is there, all of it or nothing. The
data folder is `.data`, or what `NANNYCHAIN_DATA` names.
"""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from nannychain.embedded.errors import EmbeddedError
from nannychain.embedded.postgres import Postgres

# Everything is restored as the owner, who may do no more than that.
_PROGRAMS = {
    "dump": ("pg_dump", "--clean", "--if-exists", "--no-owner"),
    "load": (
        *("psql", "--no-psqlrc", "--quiet", "--single-transaction", "--output=/dev/null"),
        "--set=ON_ERROR_STOP=on",
    ),
}


def main(arguments: list[str]) -> int:
    """Dump to standard output or load from standard input; return the exit code."""
    if len(arguments) != 1 or arguments[0] not in _PROGRAMS:
        sys.stderr.write("usage: python -m nannychain.embedded dump|load\n")
        return 2
    folder = Path(os.environ.get("NANNYCHAIN_DATA") or Path(__file__).parents[2] / ".data")
    postgres = Postgres(folder, durable=True)
    try:
        if not (postgres.home / "state.json").exists():
            raise EmbeddedError(f"There is no database in {folder}: `make run` makes one.")
        postgres.start()
        program, *options = _PROGRAMS[arguments[0]]
        return subprocess.run(
            [str(postgres.program(program)), *options],
            env=_environment(postgres),
            check=False,
        ).returncode
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        postgres.stop()


def _environment(postgres: Postgres) -> dict[str, str]:
    address = urlsplit(postgres.owner_url)
    return {
        "PGHOST": address.hostname or "",
        "PGPORT": str(address.port),
        "PGUSER": address.username or "",
        "PGPASSWORD": address.password or "",
        "PGDATABASE": address.path.strip("/"),
        "PGOPTIONS": "-c client_min_messages=warning",
        "LC_ALL": "C",
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
