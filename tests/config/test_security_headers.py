"""What every answer tells browsers: who may frame, script and read it."""

import os
import re
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client

from tests.architecture import tree
from tests.config.test_env import PRODUCTION
from tests.factories.browsers import signed_in
from tests.factories.members import StaffFactory

STRANGER = "https://evil.example"
FRIEND = "https://app.example"


def policy(answer: Any) -> dict[str, str]:
    parts = answer.headers["Content-Security-Policy"].split("; ")
    return {name: rest for name, _, rest in (part.partition(" ") for part in parts)}


class TestThePolicy:
    @pytest.mark.parametrize(
        "path",
        [
            "/health",
            "/terms",
            "/docs",
            "/docs/errors",
            "/openapi.json",
            "/api/v1/nothing",
            "/nothing",
        ],
    )
    def test_allows_only_what_is_ours_and_nothing_inline(self, path: str) -> None:
        found = policy(Client().get(path))
        assert found["default-src"] == "'none'"
        assert found["script-src"] == "'self'"
        assert found["frame-ancestors"] == "'none'"
        assert found["base-uri"] == "'none'"
        assert not any("unsafe" in sources or "*" in sources for sources in found.values())

    def test_names_the_style_of_a_page_by_its_hash(self) -> None:
        assert re.fullmatch(
            r"'self' 'sha256-[\w+/]{43}='", policy(Client().get("/terms"))["style-src"]
        )

    @pytest.mark.django_db
    def test_is_looser_in_the_admin_and_still_without_strangers(self) -> None:
        client = signed_in(StaffFactory.create())
        for path in ("/admin/login/", "/admin/"):
            found = policy(client.get(path))
            assert found["script-src"] == "'self' 'unsafe-inline' 'unsafe-eval'"
            assert found["frame-ancestors"] == "'none'"
            assert found["form-action"] == "'self'"
            assert not any("http" in sources for sources in found.values())


class TestOtherPeoplesPages:
    @pytest.fixture(autouse=True)
    def friend(self, settings: Any) -> None:
        settings.CORS_ALLOWED_ORIGINS = [FRIEND]

    def test_may_call_the_api_where_we_name_them(self) -> None:
        answer = Client().get("/api/v1/nothing", headers={"Origin": FRIEND})
        assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
        assert "retry-after" in answer.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers

    def test_may_not_otherwise_and_nowhere_else(self) -> None:
        for path, origin in (("/api/v1/nothing", STRANGER), ("/admin/login/", FRIEND)):
            answer = Client().get(path, headers={"Origin": origin})
            assert "Access-Control-Allow-Origin" not in answer.headers

    def test_are_told_before_what_they_may_send(self) -> None:
        asked = {
            "Origin": FRIEND,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "idempotency-key, x-pin-token, authorization",
        }
        answer = Client().options("/api/v1/nothing", headers=asked)
        assert answer.status_code == 200
        allowed = answer.headers["Access-Control-Allow-Headers"]
        assert {"idempotency-key", "x-pin-token", "authorization"} <= set(allowed.split(", "))


def test_django_finds_nothing_to_say_about_production() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"],
        cwd=tree.ROOT,
        env={
            "PATH": os.environ["PATH"],
            "NANNYCHAIN_ENV_FILE": os.devnull,
            **PRODUCTION,
            "SECRET_KEY": "9x!Kd0_w" * 10,
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout


def _in_production(program: str) -> str:
    """Run the lines under the production settings; return what they print."""
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{program}"],
        cwd=tree.ROOT,
        env={
            "PATH": os.environ["PATH"],
            "NANNYCHAIN_ENV_FILE": os.devnull,
            **PRODUCTION,
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_answers_over_https_ask_browsers_to_stay_there() -> None:
    told = _in_production(
        "from django.test import Client\n"
        "answer = Client().get('/health', secure=True, HTTP_HOST='nannychain.example')\n"
        "print(answer.status_code, answer.headers['Strict-Transport-Security'])"
    )
    assert told == "200 max-age=31536000; includeSubDomains"


def test_the_cookie_of_staff_goes_over_https_to_this_host_alone() -> None:
    """A cookie named so is refused by browsers unless it is Secure, of no domain and path `/`."""
    told = _in_production(
        "from django.conf import settings as s\n"
        "print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY,"
        " s.SESSION_COOKIE_DOMAIN, s.SESSION_COOKIE_PATH, s.CSRF_COOKIE_SECURE)"
    )
    assert told == "__Host-session True True None / True"
