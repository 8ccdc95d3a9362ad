"""The environment, read once and typed.

The only module that reads environment variables and `.env` (by django-environ). What a value
means across settings, and what production refuses, stands in `config/checks.py`.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import os
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

from nannychain import strkey

BASE_DIR = Path(__file__).resolve().parent.parent
OPERATING_MODES = ("sandbox", "partner", "licensed")
STELLAR_NETWORKS = ("TESTNET", "PUBLIC")
MPESA_ENVIRONMENTS = ("sandbox", "production")
FUNDING_POLICIES = ("eager", "on_need")
STROOPS_PER_XLM = 10_000_000
PROCESSES = ("web", "worker", "beat", "command")
SETTINGS_FILE = "settings.json"  # in the data folder, while `make run` runs
# Words that M-Pesa refuses in addresses that it is to call.
FORBIDDEN_IN_CALLBACKS = re.compile(r"m-?pesa|safaricom|exe|cmd|sql|query", re.IGNORECASE)
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(SystemExit):
    """Stops the start: one line for each problem, and no secret in any of them.

    It is a SystemExit so that every program (web, worker, command) ends with these lines and
    exit code 1 instead of a traceback.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"setting {problem}" for problem in problems))


@dataclass(frozen=True, kw_only=True)
class Env:
    """All settings that come from outside. `.env.example` explains each for people."""

    secret_key: str
    encryption_key: str
    encryption_keys_old: tuple[str, ...]
    sealing_public_key: str
    pin_pepper: str
    allowed_hosts: tuple[str, ...]
    cors_allowed_origins: tuple[str, ...]
    trusted_proxies: int
    operating_mode: str
    outgoing_cap_shillings: int
    help_line: str
    public_base_url: str
    log_level: str
    database_url: str
    redis_url: str
    celery_broker_url: str
    at_username: str
    at_api_key: str
    at_sender_id: str
    at_base_url: str
    at_insights_base_url: str
    sms_callback_key: str
    sms_daily_budget: int
    ussd_api_key: str
    ussd_session_ttl: int
    ussd_service_code: str
    stellar_network: str
    stellar_network_passphrase: str
    stellar_horizon_url: str
    stellar_funding_secret: str
    stellar_funding_account: str
    stellar_starting_balance: int
    stellar_funding_policy: str
    stellar_friendbot_url: str
    stellar_channels: int
    mpesa_environment: str
    mpesa_base_url: str
    mpesa_consumer_key: str
    mpesa_consumer_secret: str
    mpesa_shortcode: str
    mpesa_passkey: str
    mpesa_b2c_shortcode: str
    mpesa_initiator_name: str
    mpesa_initiator_password: str
    mpesa_certificate: str
    mpesa_callback_ips: tuple[str, ...]
    paybill_callback_key: str
    metrics_key: str
    alert_email: str
    email_url: str
    alert_webhook_url: str
    alert_webhook_key: str
    sentry_dsn: str
    nannychain_process: str


class Problem(ValueError):
    """A value that can't be used; the text says what is expected, never the value."""


def _text(raw: str) -> str:
    return raw.strip()


def _words(raw: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in raw.split(",") if word.strip())


def _origins(raw: str) -> tuple[str, ...]:
    origins = _words(raw.lower())
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("https", "http") or f"{parts.scheme}://{parts.netloc}" != origin:
            raise Problem("must be a list of origins, such as https://app.example")
    return origins


def _count(raw: str) -> int:
    try:
        value = int(raw)
    except ValueError:
        raise Problem("must be a whole number") from None
    if value < 0:
        raise Problem("must not be below 0")
    return value


def _seconds(raw: str) -> int:
    value = _count(raw)
    if not 10 <= value <= 3600:
        raise Problem("must be between 10 and 3600 seconds")
    return value


def _starting_balance(raw: str) -> int:
    """Return stroops for an amount in XLM with at most seven decimals."""
    whole, _, decimals = raw.partition(".")
    if not (whole.isascii() and (whole + decimals).isdigit() and whole and len(decimals) <= 7):
        raise Problem("must be an amount in XLM, such as 1 or 1.5")
    stroops = int(whole) * STROOPS_PER_XLM + int(decimals.ljust(7, "0") or 0)
    if not STROOPS_PER_XLM <= stroops <= 10 * STROOPS_PER_XLM:
        raise Problem("must be between 1 (what the network asks of an account) and 10 XLM")
    return stroops


def _channels(raw: str) -> int:
    value = _count(raw)
    if not 1 <= value <= 100:
        raise Problem("must be between 1 and 100")
    return value


def _stellar_secret(raw: str) -> str:
    try:
        strkey.seed_bytes(raw)
    except strkey.InvalidKey:
        raise Problem("must be a secret key of Stellar: S and 55 more characters") from None
    return raw


def _stellar_account(raw: str) -> str:
    try:
        strkey.public_key_bytes(raw)
    except strkey.InvalidKey:
        raise Problem("must be a public key of Stellar: G and 55 more characters") from None
    return raw


def _shortcode(raw: str) -> str:
    if not (raw.isascii() and raw.isdigit() and 5 <= len(raw) <= 7):
        raise Problem("must be a shortcode of M-Pesa: five to seven digits")
    return raw


def _certificate(raw: str) -> str:
    """Return the PEM that is given, or that lies in the file which is named."""
    is_pem = "BEGIN CERTIFICATE" in raw
    try:
        pem = (raw.replace("\\n", "\n") if is_pem else Path(raw).read_text("ascii")).strip()
        der = ssl.PEM_cert_to_DER_cert(pem)
    except (OSError, ValueError):
        der = b""
    if not der.startswith(b"\x30\x82"):  # a sequence longer than 255 bytes, as each of them is
        raise Problem("must be a certificate in PEM, or the path of one that can be read")
    return pem


def _networks(raw: str) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(word)) for word in _words(raw))
    except ValueError:
        raise Problem("must be addresses or networks, such as 196.201.214.200") from None


def _path_key(raw: str) -> str:
    # It stands in an address, and M-Pesa refuses addresses with some words in them.
    if not re.fullmatch(r"[A-Za-z0-9_-]+", raw) or FORBIDDEN_IN_CALLBACKS.search(raw):
        raise Problem("must be letters and digits, without words that M-Pesa refuses (see hex)")
    return raw


def _email(raw: str) -> str:
    if not re.fullmatch(r"[^@\s,<>]+@[^@\s,<>]+", raw):
        raise Problem("must be one e-mail address")
    return raw


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in choices:
            raise Problem(f"must be one of {', '.join(choices)}")
        return raw

    return parse


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        try:
            parts = urlsplit(raw)
            known = parts.scheme in schemes and bool(parts.netloc)
            _ = parts.port
        except ValueError:
            known = False
        if not known:
            raise Problem(f"must be an address that begins with {' or '.join(schemes)}://")
        return raw.rstrip("/")

    return parse


def _database_url(raw: str) -> str:
    parsed = _url("postgres", "postgresql")(raw)
    if not urlsplit(parsed).path.strip("/"):
        raise Problem("must end with the name of a database: postgresql://user:…@host:5432/name")
    return parsed


def _dsn(raw: str) -> str:
    parts = urlsplit(_HTTP(raw))
    if not (parts.username and parts.path.rpartition("/")[2].isdigit()):
        raise Problem("must look like https://<key>@<host>/<number of the project>")
    return raw


def _service_code(raw: str) -> str:
    inner = raw.strip()[1:-1]
    if not (raw.startswith("*") and raw.endswith("#") and inner.replace("*", "").isdigit()):
        raise Problem("must look like *384*2024#")
    return raw


def _redis_url(raw: str) -> str:
    if not raw.startswith("unix:"):
        return _url("redis", "rediss", "unix")(raw)
    if not _SOCKET.fullmatch(raw):
        raise Problem("must name a socket as unix:///run/redis.sock, with ?db=<number> at most")
    return raw


def _broker_of(redis_url: str) -> str:
    """Return the same server as Celery calls it, which has words of its own for a socket."""
    if (socket := _SOCKET.fullmatch(redis_url)) is None:
        return redis_url
    return f"redis+socket://{socket['user'] or ''}{socket['path']}?virtual_host={socket['db'] or 0}"


_SOCKET = re.compile(r"unix://(?P<user>[^/@]*@)?(?P<path>/[^?#]+)(?:\?db=(?P<db>[0-9]+))?")
_HTTP = _url("https", "http")
REQUIRED = object()

# name → (how it is read, default). REQUIRED means: no default, and no start without it.
SETTINGS: dict[str, tuple[Callable[[str], Any], Any]] = {
    "SECRET_KEY": (_text, REQUIRED),
    "ENCRYPTION_KEY": (_text, ""),
    "ENCRYPTION_KEYS_OLD": (_words, ()),
    "SEALING_PUBLIC_KEY": (_text, ""),
    "PIN_PEPPER": (_text, ""),
    "ALLOWED_HOSTS": (_words, ("localhost", "127.0.0.1")),
    "CORS_ALLOWED_ORIGINS": (_origins, ()),
    "TRUSTED_PROXIES": (_count, 0),
    "OPERATING_MODE": (_one_of(OPERATING_MODES), "sandbox"),
    "OUTGOING_CAP_SHILLINGS": (_count, 2_000),
    "HELP_LINE": (_text, ""),
    "PUBLIC_BASE_URL": (_HTTP, "http://localhost:8000"),
    "LOG_LEVEL": (_one_of(LOG_LEVELS), "INFO"),
    "DATABASE_URL": (_database_url, REQUIRED),
    "REDIS_URL": (_redis_url, REQUIRED),
    "CELERY_BROKER_URL": (_url("redis", "rediss", "amqp", "amqps"), ""),
    "AT_USERNAME": (_text, ""),
    "AT_API_KEY": (_text, ""),
    "AT_SENDER_ID": (_text, ""),
    "AT_BASE_URL": (_HTTP, ""),
    "AT_INSIGHTS_BASE_URL": (_HTTP, ""),
    "SMS_CALLBACK_KEY": (_text, ""),
    "SMS_DAILY_BUDGET": (_count, 0),
    "USSD_API_KEY": (_text, ""),
    "USSD_SESSION_TTL": (_seconds, 180),
    "USSD_SERVICE_CODE": (_service_code, "*384*2024#"),
    "STELLAR_NETWORK": (_one_of(STELLAR_NETWORKS), "TESTNET"),
    "STELLAR_NETWORK_PASSPHRASE": (_text, ""),
    "STELLAR_HORIZON_URL": (_HTTP, ""),
    "STELLAR_FUNDING_SECRET": (_stellar_secret, ""),
    "STELLAR_FUNDING_ACCOUNT": (_stellar_account, ""),
    "STELLAR_STARTING_BALANCE": (_starting_balance, STROOPS_PER_XLM),
    "STELLAR_FUNDING_POLICY": (_one_of(FUNDING_POLICIES), ""),
    "STELLAR_FRIENDBOT_URL": (_HTTP, ""),
    "STELLAR_CHANNELS": (_channels, 5),
    "MPESA_ENVIRONMENT": (_one_of(MPESA_ENVIRONMENTS), "sandbox"),
    "MPESA_BASE_URL": (_HTTP, ""),
    "MPESA_CONSUMER_KEY": (_text, ""),
    "MPESA_CONSUMER_SECRET": (_text, ""),
    "MPESA_SHORTCODE": (_shortcode, ""),
    "MPESA_PASSKEY": (_text, ""),
    "MPESA_B2C_SHORTCODE": (_shortcode, ""),
    "MPESA_INITIATOR_NAME": (_text, ""),
    "MPESA_INITIATOR_PASSWORD": (_text, ""),
    "MPESA_CERTIFICATE": (_certificate, ""),
    "MPESA_CALLBACK_IPS": (_networks, ()),
    "PAYBILL_CALLBACK_KEY": (_path_key, ""),
    "METRICS_KEY": (_text, ""),
    "ALERT_EMAIL": (_email, ""),
    "EMAIL_URL": (_url("smtp", "smtp+tls", "smtp+ssl"), ""),
    "ALERT_WEBHOOK_URL": (_HTTP, ""),
    "ALERT_WEBHOOK_KEY": (_text, ""),
    "SENTRY_DSN": (_dsn, ""),
    "NANNYCHAIN_PROCESS": (_one_of(PROCESSES), "command"),
}


def load(environment: dict[str, str] | None = None) -> Env:
    """Read every setting; raise SettingsError with a line for each that is missing or malformed.

    Without `environment`, the process environment is read, `.env` for what is not in it, and at
    last what a running `make run` made up, so that commands beside it meet the same servers.
    Values are taken as they stand: a secret may begin with `$`, which django-environ's own getters
    would read as the name of another variable.
    """
    if environment is None:
        file = os.environ.get("NANNYCHAIN_ENV_FILE")
        environ.Env.read_env(file or BASE_DIR / ".env")
        given = {name: value for name, value in os.environ.items() if value.strip()}
        environment = given if file else {**_of_make_run(), **given}
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, (parse, default) in SETTINGS.items():
        raw = environment.get(name, "").strip()
        if raw == "" and default is REQUIRED:
            problems.append(f"{name} is missing: see .env.example")
        elif raw == "":
            values[name.lower()] = default
        else:
            try:
                values[name.lower()] = parse(raw)
            except Problem as problem:
                problems.append(f"{name} {problem}")
    if problems:
        raise SettingsError(problems)
    values["celery_broker_url"] = values["celery_broker_url"] or _broker_of(values["redis_url"])
    return Env(**values)


def _of_make_run() -> dict[str, str]:
    """Return the settings of a `make run` that is running; production takes none from there."""
    if os.environ.get("DJANGO_SETTINGS_MODULE") == "config.settings.production":
        return {}
    folder = Path(os.environ.get("NANNYCHAIN_DATA") or BASE_DIR / ".data")
    try:
        made: dict[str, str] = json.loads((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
    except OSError:
        return {}
    return made


@functools.cache
def current() -> Env:
    """Return the settings of this process; read at the first call."""
    return load()


assert {field.name for field in fields(Env)} == {name.lower() for name in SETTINGS}
