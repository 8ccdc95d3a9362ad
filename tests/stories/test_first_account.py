"""The page "Your first account in ten minutes" is true: its commands are run as they stand."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django import Settings

from nannychain.notifications import sweep
from tests.architecture import tree
from tests.simulators.program import Simulators
from workers.identity.models import Member
from workers.identity.pins import services as pins
from workers.identity.tokens.models import Session

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
PAGE = (tree.ROOT / "docs" / "first-account.md").read_text(encoding="utf-8")
COMMANDS = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
PHONE = "+254712345678"


@pytest.fixture
def simulators(live_server: Any) -> Iterator[Simulators]:
    """The running simulators, which know our account."""
    environment = {"AT_API_KEY": settings.AT_API_KEY, "AT_SENDER_ID": settings.AT_SENDER_ID}
    with Simulators(environment) as running:
        yield running


def test_its_commands_open_an_account_and_sign_in(
    live_server: Any, simulators: Simulators, settings: Settings
) -> None:
    if not (shutil.which("curl") and shutil.which("bash")):
        pytest.skip("the page is for people who have bash and curl")
    settings.AT_BASE_URL = f"{simulators.url}/africastalking"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    shell = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", COMMANDS],
        env={"PATH": path, "API": live_server.url, "SIMULATORS": simulators.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end_at = time.monotonic() + 60
    while shell.poll() is None and time.monotonic() < end_at:
        sweep.sweep()  # what the SMS worker does
        time.sleep(0.2)
    shell.kill()
    said, complaints = shell.communicate()
    assert shell.returncode == 0, complaints + said

    member = Member.objects.get()
    assert (member.phone, member.name) == (PHONE, "Wanjiku Kamau")
    assert member.worker_id in said
    assert '"balance_cents":0' in said
    assert pins.has_pin(member.pk)
    assert '"code":"pin.weak"' in said
    assert '"code":"api.invalid_input"' in said
    assert Session.objects.get().closed_at is not None


def test_the_answers_that_it_shows_are_json() -> None:
    shown = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert len(shown) >= 4
    assert all(json.loads(text) for text in shown)
