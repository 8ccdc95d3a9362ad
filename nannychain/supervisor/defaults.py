"""Settings for a trial on one machine: only what neither the environment nor `.env` has.

Secrets are made once and kept in the data folder. The environment is read here and not through
`config.env`, since this program decides what `config.env` will find.
"""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import environ

from nannychain.embedded.process import write_private
from nannychain.sealing import keys
from nannychain.supervisor.screen import Trouble

ROOT = Path(__file__).resolve().parents[2]
# Made once: name → bytes of randomness.
_SECRETS = {"SECRET_KEY": 48, "ENCRYPTION_KEY": 32, "AT_API_KEY": 32, "SMS_CALLBACK_KEY": 16}


@dataclass(frozen=True)
class Surroundings:
    """Where all state lies, the ports, and every setting that children will have."""

    data: Path
    port: int
    simulators_port: int
    settings: dict[str, str]

    @property
    def base_url(self) -> str:
        """The address of the site."""
        return f"http://localhost:{self.port}"

    @property
    def simulators_url(self) -> str:
        """The address of the simulators."""
        return f"http://localhost:{self.simulators_port}"


def data_folder() -> Path:
    """Return the folder that holds all state."""
    return Path(os.environ.get("NANNYCHAIN_DATA", "") or ROOT / ".data").resolve()


def gather(data: Path) -> Surroundings:
    """Return the settings: what is given wins, the rest is made up for a trial."""
    environ.Env.read_env(os.environ.get("NANNYCHAIN_ENV_FILE", ROOT / ".env"))
    given = {name: value for name, value in os.environ.items() if value}
    port, simulators_port = _port(given, "PORT", 8000), _port(given, "SIMULATORS_PORT", 8100)
    made = _made_once(data / "secrets.json")
    if given.get("SEALING_PUBLIC_KEY"):
        made.pop("ENCRYPTION_KEY")  # somebody wants it elsewhere
    defaults = {
        **made,
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "OPERATING_MODE": "sandbox",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "PUBLIC_BASE_URL": f"http://localhost:{port}",
        "HELP_LINE": "0800 000 000",
        "AT_USERNAME": "sandbox",
        "AT_SENDER_ID": "NANNYCHAIN",
        "AT_BASE_URL": f"http://localhost:{simulators_port}/africastalking",
        "USSD_SERVICE_CODE": "*384*2024#",
    }
    own = {
        "PORT": str(port),
        "SIMULATORS_PORT": str(simulators_port),
        # Everything is in the environment now; nothing is to be read a second time.
        "NANNYCHAIN_ENV_FILE": os.devnull,
        "PYTHONUNBUFFERED": "1",
    }
    return Surroundings(data, port, simulators_port, {**defaults, **given, **own})


def sealing_only(settings: dict[str, str]) -> dict[str, str]:
    """Return the settings for a process that may seal secrets and not open them."""
    public_key = settings.get("SEALING_PUBLIC_KEY") or keys.encode(
        keys.private_key(settings["ENCRYPTION_KEY"]).public_key
    )
    withheld = {"ENCRYPTION_KEY", "ENCRYPTION_KEYS_OLD"}
    kept = {name: value for name, value in settings.items() if name not in withheld}
    return {**kept, "SEALING_PUBLIC_KEY": public_key}


def for_simulators(surroundings: Surroundings) -> dict[str, str]:
    """Return what the simulators need to know, and none of our secrets beyond it."""
    settings = surroundings.settings
    base, key = surroundings.base_url, settings.get("USSD_API_KEY", "")
    ussd = f"{base}/ussd/k/{key}" if key else f"{base}/ussd"
    sms_key = settings.get("SMS_CALLBACK_KEY", "")
    shared = ("PATH", "HOME", "SIMULATORS_PORT", "AT_USERNAME", "AT_API_KEY", "AT_SENDER_ID")
    return {
        **{name: settings[name] for name in shared if name in settings},
        "PYTHONUNBUFFERED": "1",
        "USSD_SERVICE_CODE": settings["USSD_SERVICE_CODE"],
        "SIMULATORS_STATE": str(surroundings.data / "simulators"),
        "USSD_CALLBACK_URL": ussd,
        "USSD_EVENTS_URL": f"{ussd}/events",
        "SMS_REPORTS_URL": f"{base}/sms/reports/{sms_key}",
        "SMS_OPTOUT_URL": f"{base}/sms/optout/{sms_key}",
    }


def _port(given: dict[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Trouble(f"{name} must be a port between 1 and 65535.")
    return int(text)


def _made_once(path: Path) -> dict[str, str]:
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = {
        name: secrets.token_hex(size) for name, size in _SECRETS.items() if name not in known
    }
    if missing:
        write_private(path, json.dumps({**known, **missing}, indent=2))
    return {**known, **missing}
