"""Our programs as a user starts them, on the database of the test that runs."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of this run with the test's database, and with `changes`."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    address = parts._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return {**os.environ, "DATABASE_URL": address, "PYTHONUNBUFFERED": "1", **changes}


def start(*arguments: str, **changes: str) -> subprocess.Popen[str]:
    """Start `manage.py` with these arguments and changes to the environment."""
    return subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env=environment(**changes),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_code(code: str, **changes: str) -> subprocess.Popen[str]:
    """Start a Python program beside the product; it is talked with by its standard streams."""
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=environment(**changes),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run(*arguments: str, typed: str = "", **changes: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` to its end, with `typed` on its standard input."""
    with start(*arguments, **changes) as program:
        out, err = program.communicate(typed, timeout=60)
    return subprocess.CompletedProcess(program.args, program.returncode, out, err)
