"""What the children get: given settings win, the rest is made up, and secrets are made once."""

import json
import os
import stat
from pathlib import Path

import pytest

from nannychain.embedded.errors import EmbeddedError
from nannychain.supervisor import defaults
from nannychain.supervisor.screen import Trouble

_SECRETS = ("SECRET_KEY", "ENCRYPTION_KEY", "PIN_PEPPER", "SMS_CALLBACK_KEY", "AT_API_KEY")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment with nothing in it but an empty `.env`; returns that file."""
    for name in list(os.environ):
        if name not in ("PATH", "HOME"):
            monkeypatch.delenv(name)
    dotenv = tmp_path / "env"
    dotenv.touch()
    monkeypatch.setenv("NANNYCHAIN_ENV_FILE", str(dotenv))
    return dotenv


def test_an_empty_environment_is_enough(tmp_path):
    settings = defaults.gather(tmp_path).settings
    assert settings["DJANGO_SETTINGS_MODULE"] == "config.settings.local"
    assert settings["OPERATING_MODE"] == "sandbox"
    assert settings["PUBLIC_BASE_URL"] == "http://localhost:8000"
    assert settings["AT_BASE_URL"] == "http://localhost:8100/africastalking"
    assert all(len(settings[name]) >= 32 for name in _SECRETS)


def test_secrets_are_made_once_and_for_nobody_else_to_read(tmp_path):
    first = defaults.gather(tmp_path).settings
    second = defaults.gather(tmp_path).settings
    assert {name: first[name] for name in _SECRETS} == {name: second[name] for name in _SECRETS}
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    other = tmp_path / "other"
    other.mkdir()
    assert defaults.gather(other).settings["SECRET_KEY"] != first["SECRET_KEY"]


def test_what_is_kept_is_written_once_and_not_at_each_start(tmp_path):
    defaults.gather(tmp_path)
    kept = tmp_path / "secrets.json"
    assert "STELLAR_FUNDING_SECRET" in kept.read_text()
    os.utime(kept, (1, 1))
    defaults.gather(tmp_path)
    assert kept.stat().st_mtime == 1


def test_secrets_that_cannot_be_read_are_never_replaced(tmp_path):
    (tmp_path / "secrets.json").write_text("{half")
    with pytest.raises(EmbeddedError, match="is damaged"):
        defaults.gather(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == "{half"


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(
    tmp_path, monkeypatch, bare
):
    bare.write_text(
        "# notes\nHELP_LINE='0711 222 333'\nexport AT_API_KEY=$from=file\nLOG_LEVEL=DEBUG\n"
    )
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    settings = defaults.gather(tmp_path).settings
    assert settings["HELP_LINE"] == "0711 222 333"
    assert settings["AT_API_KEY"] == "$from=file"
    assert settings["LOG_LEVEL"] == "ERROR"


def test_an_empty_value_counts_as_not_given(tmp_path, monkeypatch, bare):
    bare.write_text("HELP_LINE=\nSMS_CALLBACK_KEY=\n")
    monkeypatch.setenv("AT_BASE_URL", " ")
    settings = defaults.gather(tmp_path).settings
    assert settings["HELP_LINE"] == "0800 000 000"
    assert len(settings["SMS_CALLBACK_KEY"]) == 32
    assert settings["AT_BASE_URL"].startswith("http://localhost")


def test_reading_the_file_leaves_our_own_environment_alone(tmp_path, bare):
    bare.write_text("HELP_LINE=0711 222 333\n")
    defaults.gather(tmp_path)
    assert "HELP_LINE" not in os.environ


def test_children_do_not_read_the_file_a_second_time(tmp_path):
    assert defaults.gather(tmp_path).settings["NANNYCHAIN_ENV_FILE"] == os.devnull


def test_ports_move_all_addresses_that_depend_on_them(tmp_path, monkeypatch):
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("SIMULATORS_PORT", "9100")
    surroundings = defaults.gather(tmp_path)
    outside = defaults.for_simulators(surroundings)
    assert surroundings.settings["PUBLIC_BASE_URL"] == "http://localhost:9000"
    for name in ("AT_BASE_URL", "AT_INSIGHTS_BASE_URL"):
        assert surroundings.settings[name] == "http://localhost:9100/africastalking"
    assert outside["USSD_CALLBACK_URL"] == "http://localhost:9000/ussd"
    assert outside["USSD_EVENTS_URL"] == "http://localhost:9000/ussd/events"
    assert outside["INSIGHTS_URL"].startswith("http://localhost:9000/insights/")
    assert outside["SMS_REPORTS_URL"].startswith("http://localhost:9000/sms/reports/")
    assert outside["SIMULATORS_PORT"] == "9100"


def test_a_gateway_key_is_used_when_given_and_never_made_up(tmp_path, monkeypatch):
    assert "USSD_API_KEY" not in defaults.gather(tmp_path).settings
    monkeypatch.setenv("USSD_API_KEY", "key-of-the-gateway")
    outside = defaults.for_simulators(defaults.gather(tmp_path))
    assert outside["USSD_CALLBACK_URL"] == "http://localhost:8000/ussd/k/key-of-the-gateway"
    assert outside["USSD_EVENTS_URL"] == "http://localhost:8000/ussd/k/key-of-the-gateway/events"


@pytest.mark.parametrize("port", ["0", "65536", "web", "-1", "80 80", "٣٣"])
def test_a_port_that_is_none_is_refused_by_name(tmp_path, monkeypatch, port):
    monkeypatch.setenv("SIMULATORS_PORT", port)
    with pytest.raises(Trouble, match="SIMULATORS_PORT must be a number"):
        defaults.gather(tmp_path)


def test_the_two_ports_must_differ(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMULATORS_PORT", "8000")
    with pytest.raises(Trouble, match="must differ"):
        defaults.gather(tmp_path)


def test_simulators_learn_nothing_that_an_outsider_would_not_know(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:word-of-the-database@host/name")
    monkeypatch.setenv("SOME_TOKEN", "token-of-somebody")
    surroundings = defaults.gather(tmp_path)
    told = json.dumps(defaults.for_simulators(surroundings))
    hidden = ("SECRET_KEY", "ENCRYPTION_KEY", "DATABASE_URL", "SOME_TOKEN")
    assert not [name for name in hidden if surroundings.settings[name] in told]
    assert surroundings.settings["AT_API_KEY"] in told


def test_processes_that_answer_requests_can_seal_and_not_open(tmp_path):
    settings = defaults.gather(tmp_path).settings
    web = defaults.sealing_only(settings)
    assert settings["ENCRYPTION_KEY"] not in web.values()
    assert web["SEALING_PUBLIC_KEY"]


def test_a_given_public_key_means_that_the_other_half_is_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("SEALING_PUBLIC_KEY", "given")
    settings = defaults.gather(tmp_path).settings
    assert "ENCRYPTION_KEY" not in settings
    assert defaults.sealing_only(settings)["SEALING_PUBLIC_KEY"] == "given"


def test_every_secret_is_masked_and_ordinary_values_are_not(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:word%2Fof-db@host/name")
    monkeypatch.setenv("ENCRYPTION_KEYS_OLD", "first-old-key,second-old-key")
    surroundings = defaults.gather(tmp_path)
    for name in _SECRETS:
        assert surroundings.mask(f"x {surroundings.settings[name]} y") == "x *** y"
    assert surroundings.mask("word%2Fof-db word/of-db second-old-key") == "*** *** ***"
    assert surroundings.mask("sandbox http://localhost:8000") == "sandbox http://localhost:8000"
