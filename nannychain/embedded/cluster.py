"""A PostgreSQL data folder: made by initdb, and refused when another major version made it."""

import shutil
import subprocess
from pathlib import Path

from nannychain.embedded import processes
from nannychain.embedded.errors import EmbeddedError
from nannychain.embedded.folders import disk_errors
from nannychain.embedded.places import Place

_LOCALE = [
    # PostgreSQL's own C.UTF-8: the same order and letters on every machine.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--encoding=UTF8",
]


def create(place: Place, *, superuser: str, password: str, durable: bool) -> None:
    """Make the data folder, or nothing: it is made under another name and then renamed."""
    new = place.data.with_name(f"{place.data.name}.new")
    secret = place.data.with_name("initdb.password")
    with disk_errors():
        shutil.rmtree(new, ignore_errors=True)
        place.make_folder(new)
        try:
            place.write_secret(secret, password)
            _initdb(place, new=new, superuser=superuser, secret=secret, durable=durable)
        except EmbeddedError:
            shutil.rmtree(new, ignore_errors=True)  # a full disk needs the room
            raise
        finally:
            secret.unlink(missing_ok=True)
        new.rename(place.data)


def refuse_other_major(data: Path, *, own: str) -> None:
    """Raise EmbeddedError when another major version of PostgreSQL made the folder."""
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != own:
        raise EmbeddedError(
            f"{data} was made by PostgreSQL {made_by}, and this version of NannyChain brings "
            f"PostgreSQL {own}: to keep the data, run `python -m nannychain.embedded dump` with "
            "the version that made it, then here `make clean`, `make run` and "
            "`python -m nannychain.embedded load`; to forget it, `make clean`."
        )


def _initdb(place: Place, *, new: Path, superuser: str, secret: Path, durable: bool) -> None:
    command = [
        str(place.program("initdb")),
        f"--pgdata={new}",
        f"--username={superuser}",
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--no-instructions",
        *_LOCALE,
        *([] if durable else ["--no-sync"]),
    ]
    run = subprocess.run(
        processes.launched(command, identity=place.identity),
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if run.returncode != 0:
        raise EmbeddedError(_why(run.stdout + run.stderr, folder=new))


def _why(output: str, *, folder: Path) -> str:
    if "No space left on device" in output:
        return f"The disk is full: PostgreSQL can't make its files in {folder}."
    lines = [line for line in output.splitlines() if "error:" in line or "FATAL" in line]
    reason = (lines or output.strip().splitlines() or ["no reason was given"])[0].strip()
    return f"PostgreSQL could not make its files in {folder}: {reason}"
