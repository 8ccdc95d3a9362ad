"""Every setting that the children get: what is given wins, the rest is made up for a trial.

Given means: not empty in the environment, else not empty in `.env`. The environment is read here
and not by `config.env`, since this program decides what `config.env` will find. Secrets are made
once and kept in the data folder.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

import environ

from nannychain import strkey
from nannychain.embedded.folders import read_private, write_private
from nannychain.sealing import keys
from nannychain.supervisor.data import ROOT
from nannychain.supervisor.screen import Mask, Trouble

# Made once: name → bytes of randomness, written in hex.
_MADE = {
    "SECRET_KEY": 48,
    "ENCRYPTION_KEY": 32,
    "PIN_PEPPER": 32,
    "SMS_CALLBACK_KEY": 16,
    "AT_API_KEY": 32,
    "PAYBILL_CALLBACK_KEY": 16,
}
_FUNDING_SECRET = "STELLAR_FUNDING_SECRET"  # noqa: S105 - the name of one
# M-Pesa's own sandbox: numbers and names that everybody knows, and secrets that open nothing else.
_SIMULATED_MPESA = {
    "MPESA_ENVIRONMENT": "sandbox",
    "MPESA_CONSUMER_KEY": "simulated-consumer-key",
    "MPESA_CONSUMER_SECRET": "simulated-consumer-secret",
    "MPESA_SHORTCODE": "174379",
    "MPESA_PASSKEY": "simulated-passkey",
    "MPESA_B2C_SHORTCODE": "600000",
    "MPESA_INITIATOR_NAME": "testapi",
    "MPESA_INITIATOR_PASSWORD": "simulated#Initiator%1",
    "MPESA_CALLBACK_IPS": "127.0.0.1,::1",
}
_MPESA = (*_SIMULATED_MPESA, "MPESA_BASE_URL", "MPESA_CERTIFICATE")
# What commands typed beside a running NannyChain need to know; `config.env` reads it.
_FOR_COMMANDS = (
    *_MADE,
    *("SEALING_PUBLIC_KEY", "DATABASE_URL", "REDIS_URL", "OPERATING_MODE", "ALLOWED_HOSTS"),
    *("PUBLIC_BASE_URL", "HELP_LINE", "USSD_SERVICE_CODE"),
    *("AT_USERNAME", "AT_SENDER_ID", "AT_BASE_URL", "AT_INSIGHTS_BASE_URL"),
    *("STELLAR_NETWORK", "STELLAR_NETWORK_PASSPHRASE", "STELLAR_HORIZON_URL"),
    *("STELLAR_FRIENDBOT_URL", "STELLAR_FUNDING_POLICY", "STELLAR_CHANNELS"),
    *(_FUNDING_SECRET, "STELLAR_FUNDING_ACCOUNT", "STELLAR_STARTING_BALANCE"),
    *_MPESA,
)
_SECRET_WORDS = ("KEY", "SECRET", "PASS", "PEPPER", "TOKEN", "DSN")
_NEVER_SECRET = frozenset({"SEALING_PUBLIC_KEY"})
_SYSTEM = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where all state lies, the ports, and every setting of the product's own programs."""

    data: Path
    port: int
    simulators_port: int
    settings: dict[str, str]

    @property
    def base_url(self) -> str:
        """The address of the site on this machine."""
        return f"http://localhost:{self.port}"

    @property
    def simulators_url(self) -> str:
        """The address of the simulators."""
        return f"http://localhost:{self.simulators_port}"

    @property
    def for_commands(self) -> dict[str, str]:
        """What `manage.py`, typed in another terminal, needs in order to meet this NannyChain."""
        return {name: self.settings[name] for name in _FOR_COMMANDS if name in self.settings}

    @property
    def mask(self) -> Mask:
        """What hides the secrets among the settings."""
        return Mask(_secrets_in(self.settings))


def gather(data: Path) -> Surroundings:
    """Return all settings but the addresses of embedded servers; raise Trouble for a bad port."""
    given = _given()
    port = _port(given, name="PORT", default=8000)
    simulators_port = _port(given, name="SIMULATORS_PORT", default=8100)
    if port == simulators_port:
        raise Trouble("PORT and SIMULATORS_PORT must differ.")
    made = _made_once(data / "secrets.json")
    if given.get("SEALING_PUBLIC_KEY"):
        del made["ENCRYPTION_KEY"]  # somebody keeps it elsewhere
    defaults = {
        **made,
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "OPERATING_MODE": "sandbox",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "PUBLIC_BASE_URL": f"http://localhost:{port}",
        "HELP_LINE": "0800 000 000",
        "LOG_LEVEL": "INFO",
        "NO_PROXY": "localhost,127.0.0.1",
        "AT_USERNAME": "sandbox",
        "AT_SENDER_ID": "NANNYCHAIN",
        "AT_BASE_URL": f"http://localhost:{simulators_port}/africastalking",
        "AT_INSIGHTS_BASE_URL": f"http://localhost:{simulators_port}/africastalking",
        "USSD_SERVICE_CODE": "*384*2024#",
        **_stellar(given, data=data, simulators_port=simulators_port),
        **_mpesa(given, data=data, simulators_port=simulators_port),
    }
    ours = {
        "PORT": str(port),
        "SIMULATORS_PORT": str(simulators_port),
        "HOST": "127.0.0.1",  # some shells export the machine's name; a trial is for this machine
        "NANNYCHAIN_ENV_FILE": os.devnull,  # it has been read: all of it is in the environment
        "PYTHONUNBUFFERED": "1",
    }
    return Surroundings(
        data=data,
        port=port,
        simulators_port=simulators_port,
        settings={**defaults, **given, **ours},
    )


def sealing_only(settings: dict[str, str]) -> dict[str, str]:
    """Return the settings for a process that may seal secrets and not open them."""
    public_key = settings.get("SEALING_PUBLIC_KEY") or keys.encode(
        keys.private_key(settings["ENCRYPTION_KEY"]).public_key
    )
    withheld = {"ENCRYPTION_KEY", "ENCRYPTION_KEYS_OLD", _FUNDING_SECRET}
    kept = {name: value for name, value in settings.items() if name not in withheld}
    if secret := settings.get(_FUNDING_SECRET):
        with contextlib.suppress(strkey.InvalidKey):  # the process that reads it says so
            kept.setdefault("STELLAR_FUNDING_ACCOUNT", strkey.address_of_seed(secret))
    return {**kept, "SEALING_PUBLIC_KEY": public_key}


def without_funding_secret(settings: dict[str, str]) -> dict[str, str]:
    """Return the settings for a process that may open secrets, but moves nothing on Stellar."""
    sealing = sealing_only(settings)
    kept = {name: value for name, value in settings.items() if name != _FUNDING_SECRET}
    account = sealing.get("STELLAR_FUNDING_ACCOUNT")
    return {**kept, "STELLAR_FUNDING_ACCOUNT": account} if account else kept


def _stellar(given: dict[str, str], *, data: Path, simulators_port: int) -> dict[str, str]:
    """Return the simulated network and a funding account on it; nothing beside a real network."""
    if given.get("STELLAR_HORIZON_URL") or given.get("STELLAR_NETWORK", "TESTNET") != "TESTNET":
        return {}
    horizon = f"http://localhost:{simulators_port}/horizon"
    made = {"STELLAR_HORIZON_URL": horizon, "STELLAR_FRIENDBOT_URL": f"{horizon}/friendbot"}
    if given.get("STELLAR_FUNDING_ACCOUNT") or given.get("STELLAR_FRIENDBOT_URL"):
        return made  # its secret is kept elsewhere, or friendbot is to open members' accounts
    return {**made, _FUNDING_SECRET: _funding_secret(data / "secrets.json")}


def _mpesa(given: dict[str, str], *, data: Path, simulators_port: int) -> dict[str, str]:
    """Return the simulated M-Pesa; nothing beside the true one.

    Where only the address is given, it is somebody else's stand-in, which gets the rest of ours.
    """
    is_elsewhere = bool(given.get("MPESA_BASE_URL"))
    is_production = given.get("MPESA_ENVIRONMENT", "sandbox") != "sandbox"
    if is_production or (given.get("MPESA_CONSUMER_KEY") and not is_elsewhere):
        return {}
    ours = {
        **_SIMULATED_MPESA,
        "MPESA_BASE_URL": f"http://localhost:{simulators_port}/daraja",
        # The simulators make it at the first start, with a key of their own.
        "MPESA_CERTIFICATE": str(data / "simulators" / "daraja" / "certificate.pem"),
    }
    if is_elsewhere:
        del ours["MPESA_CALLBACK_IPS"]  # it may call from anywhere
    return ours


def for_simulators(surroundings: Surroundings) -> dict[str, str]:
    """Return what outsiders know: their own settings, and where they call us back."""
    settings, base = surroundings.settings, surroundings.base_url
    key = settings.get("USSD_API_KEY")  # none is made up: whoever tries it may be the gateway
    ussd = f"{base}/ussd/k/{key}" if key else f"{base}/ussd"
    shared = (
        *("AT_USERNAME", "AT_API_KEY", "AT_SENDER_ID", "USSD_SERVICE_CODE", "LOG_LEVEL"),
        "STELLAR_NETWORK_PASSPHRASE",
        *_SIMULATED_MPESA,
    )
    paybill = f"{base}/cb/{settings['PAYBILL_CALLBACK_KEY']}/paybill"
    own = {name: value for name, value in settings.items() if name.startswith("SIMULATORS_")}
    return {
        "PYTHONUNBUFFERED": "1",
        "SIMULATORS_STATE": str(surroundings.data / "simulators"),
        "USSD_CALLBACK_URL": ussd,
        "USSD_EVENTS_URL": f"{ussd}/events",
        "SMS_REPORTS_URL": f"{base}/sms/reports/{settings['SMS_CALLBACK_KEY']}",
        "SMS_OPTOUT_URL": f"{base}/sms/optout/{settings['SMS_CALLBACK_KEY']}",
        "INSIGHTS_URL": f"{base}/insights/{settings['SMS_CALLBACK_KEY']}",
        "PAYBILL_VALIDATION_URL": f"{paybill}/validation",
        "PAYBILL_CONFIRMATION_URL": f"{paybill}/confirmation",
        **{name: settings[name] for name in (*_SYSTEM, *shared) if name in settings},
        **own,
    }


class _DotEnv(environ.Env):
    """django-environ's reader of `.env`, into a mapping of its own."""

    ENVIRON: ClassVar[dict[str, str]] = {}


def _given() -> dict[str, str]:
    _DotEnv.ENVIRON.clear()
    _DotEnv.read_env(os.environ.get("NANNYCHAIN_ENV_FILE") or ROOT / ".env")
    both = {**_present(_DotEnv.ENVIRON), **_present(dict(os.environ))}
    _DotEnv.ENVIRON.clear()
    return both


def _present(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value.strip()}


def _port(given: dict[str, str], *, name: str, default: int) -> int:
    text = given.get(name, str(default)).strip()
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
        raise Trouble(f"{name} must be a number between 1 and 65535.")
    return int(text)


def _made_once(path: Path) -> dict[str, str]:
    kept = read_private(path)
    made = {name: kept.get(name) or secrets.token_hex(size) for name, size in _MADE.items()}
    if (whole := {**kept, **made}) != kept:
        write_private(path, whole)
    return made


def _funding_secret(path: Path) -> str:
    kept = read_private(path)
    made = kept.get(_FUNDING_SECRET) or strkey.seed_text(secrets.token_bytes(32))
    if made != kept.get(_FUNDING_SECRET):
        write_private(path, {**kept, _FUNDING_SECRET: made})
    return made


def _secrets_in(settings: dict[str, str]) -> set[str]:
    """Return the values that must not be shown: of telling names, and passwords in addresses."""
    found = set()
    for name, value in settings.items():
        if any(word in name for word in _SECRET_WORDS) and name not in _NEVER_SECRET:
            found |= {value, *value.split(",")}
        if "://" in value and "@" in value:
            password = urlsplit(value).password or ""
            found |= {password, unquote(password)}
    return found
