"""Settings: typed, complete, and refused with one line for each problem and no secret in any."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from config import checks, env
from nannychain.sealing import keys

GOOD = {
    "SECRET_KEY": "s" * 50,
    "ENCRYPTION_KEY": "ab" * 32,
    "DATABASE_URL": "postgresql://user:pa%23ss@localhost:5432/nannychain",
    "REDIS_URL": "redis://localhost:6379/0",
}
PRODUCTION = {
    **GOOD,
    "ALLOWED_HOSTS": "nannychain.example",
    "PUBLIC_BASE_URL": "https://nannychain.example",
    "AT_USERNAME": "nannychain",
    "AT_API_KEY": "k" * 32,
    "AT_BASE_URL": "https://8.8.8.8",
    "SMS_CALLBACK_KEY": "c" * 32,
    "USSD_API_KEY": "u" * 32,
    "HELP_LINE": "0800 000 000",
    "PIN_PEPPER": "p" * 32,
}
ROOT = Path(__file__).parents[2]


def problems_of(**changes: str) -> list[str]:
    with pytest.raises(env.SettingsError) as caught:
        checks.refuse_half_configured(env.load({**GOOD, **changes}))
    return caught.value.problems


class TestLoading:
    def test_good_settings_are_typed(self) -> None:
        loaded = env.load({**GOOD, "USSD_SESSION_TTL": "90", "ALLOWED_HOSTS": "a, b ,"})
        assert loaded.ussd_session_ttl == 90
        assert loaded.allowed_hosts == ("a", "b")
        assert loaded.celery_broker_url == GOOD["REDIS_URL"]

    def test_a_command_meets_what_make_run_made_up(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / env.SETTINGS_FILE).write_text(json.dumps({**GOOD, "HELP_LINE": "made up"}))
        monkeypatch.setenv("NANNYCHAIN_DATA", str(tmp_path))
        monkeypatch.setenv("HELP_LINE", "given")
        monkeypatch.delenv("NANNYCHAIN_ENV_FILE")
        monkeypatch.delenv("SECRET_KEY")
        loaded = env.load()
        assert (loaded.secret_key, loaded.help_line) == (GOOD["SECRET_KEY"], "given")
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.production")
        with pytest.raises(env.SettingsError, match="SECRET_KEY is missing"):
            env.load()

    def test_a_secret_may_begin_with_a_dollar(self) -> None:
        assert env.load({**GOOD, "SECRET_KEY": "$ENCRYPTION_KEY"}).secret_key == "$ENCRYPTION_KEY"

    def test_everything_that_is_missing_is_told_at_once(self) -> None:
        with pytest.raises(env.SettingsError) as caught:
            env.load({})
        assert [problem.split()[0] for problem in caught.value.problems] == [
            "SECRET_KEY",
            "DATABASE_URL",
            "REDIS_URL",
        ]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DATABASE_URL", "mysql://localhost/x"),
            ("DATABASE_URL", "postgresql://localhost"),
            ("DATABASE_URL", "nonsense"),
            ("DATABASE_URL", "postgresql://localhost:99999999/x"),
            ("DATABASE_URL", "postgresql://[broken/x"),
            ("REDIS_URL", "http://localhost"),
            ("REDIS_URL", "unix://?db=1"),
            ("REDIS_URL", "unix://run/redis.sock"),
            ("REDIS_URL", "unix:///run/redis.sock?timeout=1"),
            ("REDIS_URL", "unix:///run/redis.sock?db=one"),
            ("USSD_SESSION_TTL", "soon"),
            ("USSD_SESSION_TTL", "5"),
            ("USSD_SESSION_TTL", "-1"),
            ("USSD_SERVICE_CODE", "384"),
            ("USSD_SERVICE_CODE", "*abc#"),
            ("STELLAR_NETWORK", "MOON"),
            ("OPERATING_MODE", "yolo"),
            ("LOG_LEVEL", "LOUD"),
            ("AT_BASE_URL", "ftp://x"),
            ("AT_INSIGHTS_BASE_URL", "ftp://x"),
            ("TRUSTED_PROXIES", "1.5"),
            ("CORS_ALLOWED_ORIGINS", "ours.example"),
            ("CORS_ALLOWED_ORIGINS", "*"),
            ("CORS_ALLOWED_ORIGINS", "https://app.example/"),
            ("SMS_DAILY_BUDGET", "-3"),
        ],
    )
    def test_a_malformed_value_is_named_and_not_shown(self, name: str, value: str) -> None:
        (problem,) = problems_of(**{name: value})
        assert problem.startswith(f"{name} must")
        assert value not in problem or name == "USSD_SERVICE_CODE"


class TestHalfConfigured:
    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"ENCRYPTION_KEY": ""}, "ENCRYPTION_KEY"),
            ({"AT_USERNAME": "x"}, "AT_USERNAME and AT_API_KEY"),
            ({"AT_API_KEY": "x"}, "AT_USERNAME and AT_API_KEY"),
            ({"SEALING_PUBLIC_KEY": "short"}, "SEALING_PUBLIC_KEY"),
            (
                {
                    "ENCRYPTION_KEY": "",
                    "SEALING_PUBLIC_KEY": "A" * 43 + "=",
                    "ENCRYPTION_KEYS_OLD": "x",
                },
                "ENCRYPTION_KEYS_OLD",
            ),
        ],
    )
    def test_half_of_a_set_is_refused(self, changes: dict[str, str], word: str) -> None:
        assert any(word in problem for problem in problems_of(**changes))

    def test_a_public_key_that_nobody_here_can_open_is_refused(self) -> None:
        changes = {"SEALING_PUBLIC_KEY": "A" * 43 + "="}
        assert any("belongs to none" in problem for problem in problems_of(**changes))

    @pytest.mark.parametrize("name", ["ENCRYPTION_KEY", "ENCRYPTION_KEYS_OLD"])
    def test_a_public_key_of_ours_is_accepted(self, name: str) -> None:
        secret = "cd" * 32
        public_key = keys.encode(keys.private_key(secret).public_key)
        loaded = env.load({**GOOD, "SEALING_PUBLIC_KEY": public_key, name: secret})
        checks.refuse_half_configured(loaded)

    def test_a_process_may_seal_without_being_able_to_open(self) -> None:
        loaded = env.load({**GOOD, "ENCRYPTION_KEY": "", "SEALING_PUBLIC_KEY": "A" * 43 + "="})
        checks.refuse_half_configured(loaded)


class TestProduction:
    def test_what_is_complete_and_safe_is_accepted(self) -> None:
        checks.refuse_unsafe(env.load(PRODUCTION))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("allowed_hosts", ("localhost",)),
            ("allowed_hosts", ()),
            ("at_username", ""),
            ("ussd_api_key", ""),
            ("ussd_api_key", "short"),
            ("sms_callback_key", ""),
            ("pin_pepper", ""),
            ("pin_pepper", "short"),
            ("pin_pepper", GOOD["SECRET_KEY"]),
            ("help_line", ""),
            ("secret_key", "short"),
            ("encryption_key", "any string"),
            ("encryption_keys_old", ("any string",)),
            ("public_base_url", "http://nannychain.example"),
            ("cors_allowed_origins", ("http://app.example",)),
            ("at_base_url", "http://api.example"),
            ("at_base_url", "https://127.0.0.1"),
            ("at_base_url", "https://10.0.0.1"),
            ("at_base_url", "https://[::1]"),
            ("at_base_url", "https://169.254.169.254"),
            ("at_base_url", "https://nobody.invalid"),
        ],
    )
    def test_what_is_unsafe_is_refused(self, name: str, value: object) -> None:
        with pytest.raises(env.SettingsError) as caught:
            checks.refuse_unsafe(replace(env.load(PRODUCTION), **{name: value}))
        assert any(problem.startswith(name.upper()) for problem in caught.value.problems)


class TestPrograms:
    """Every program stops with one line for each problem, exit code 1, no traceback, no secret."""

    @pytest.mark.parametrize(
        "command",
        [
            ["manage.py", "check"],
            ["-c", "import config.wsgi"],
            ["-m", "celery", "-A", "config", "report"],
        ],
    )
    def test_it_does_not_start_half_configured(self, command: list[str]) -> None:
        done = self._run(command, DATABASE_URL="mysql://root:hunter2@db/x")
        assert done.returncode != 0
        lines = [line for line in done.stderr.splitlines() if line.startswith("setting ")]
        assert any(line.startswith("setting DATABASE_URL must") for line in lines)
        assert "hunter2" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr

    def test_production_refuses_trial_settings(self) -> None:
        done = self._run(
            ["manage.py", "check"], DJANGO_SETTINGS_MODULE="config.settings.production"
        )
        assert done.returncode == 1
        assert "setting USSD_API_KEY is missing" in done.stderr
        assert "setting ENCRYPTION_KEY must" not in done.stderr
        assert "Traceback" not in done.stderr

    def test_production_starts_when_complete_and_has_no_test_endpoint(self) -> None:
        code = (
            "import django; django.setup(); from django.urls import resolve, Resolver404\n"
            "resolve('/ussd')\n"
            "try: resolve('/ussd/test')\nexcept Resolver404: print('absent')"
        )
        done = self._run(
            ["-c", code], **PRODUCTION, DJANGO_SETTINGS_MODULE="config.settings.production"
        )
        assert (done.returncode, done.stdout.strip()) == (0, "absent"), done.stderr

    @staticmethod
    def _run(command: list[str], **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "NANNYCHAIN_ENV_FILE": os.devnull,
            **GOOD,
            **settings,
        }
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.mark.parametrize(
    ("network", "passphrase"),
    [
        ("TESTNET", "Public Global Stellar Network ; September 2015"),
        ("PUBLIC", "Test SDF Network ; September 2015"),
    ],
)
def test_a_network_under_the_name_of_another_is_refused(network: str, passphrase: str) -> None:
    told = problems_of(STELLAR_NETWORK=network, STELLAR_NETWORK_PASSPHRASE=passphrase)
    assert told == ["STELLAR_NETWORK_PASSPHRASE is not that of STELLAR_NETWORK"]
