"""What no single setting can tell: half-configured integrations, and what production refuses."""

import base64
import binascii
import ipaddress
import socket
from urllib.parse import urlsplit

from config.env import FORBIDDEN_IN_CALLBACKS, Env, SettingsError
from nannychain import strkey
from nannychain.sealing import keys

_PRODUCTION_NEEDS = (
    "pin_pepper",
    "allowed_hosts",
    "at_username",
    "at_api_key",
    "sms_callback_key",
    "ussd_api_key",
    "help_line",
)
_PROVIDER_URLS = (
    *("at_base_url", "at_insights_base_url", "mpesa_base_url"),
    *("stellar_horizon_url", "stellar_friendbot_url"),
)
_OUTSIDE_URLS = ("public_base_url", "alert_webhook_url", "sentry_dsn")
# What belongs together: money in, and money out. Each whole or not at all.
_MPESA_IN = (
    "mpesa_consumer_key",
    "mpesa_consumer_secret",
    "mpesa_shortcode",
    "mpesa_passkey",
    "paybill_callback_key",
)
_MPESA_OUT = (
    "mpesa_b2c_shortcode",
    "mpesa_initiator_name",
    "mpesa_initiator_password",
    "mpesa_certificate",
)
_KEYS_OF_OTHERS = (
    "pin_pepper",
    "sms_callback_key",
    "ussd_api_key",
    "paybill_callback_key",
    "metrics_key",
    "alert_webhook_key",
)
_PUBLIC_PASSPHRASE = "Public Global Stellar Network ; September 2015"  # noqa: S105 - a name


def refuse_half_configured(env: Env) -> None:
    """Raise SettingsError where settings contradict each other or only half of a set is there."""
    problems = []
    if not env.encryption_key and not env.sealing_public_key:
        problems.append("ENCRYPTION_KEY is missing (or SEALING_PUBLIC_KEY, to seal only)")
    if env.encryption_keys_old and not env.encryption_key:
        problems.append("ENCRYPTION_KEYS_OLD needs ENCRYPTION_KEY, the key to rotate to")
    if bool(env.at_username) != bool(env.at_api_key):
        problems.append("AT_USERNAME and AT_API_KEY belong together: set both or neither")
    if env.alert_webhook_key and not env.alert_webhook_url:
        problems.append("ALERT_WEBHOOK_KEY needs ALERT_WEBHOOK_URL, where it signs what is posted")
    if env.sealing_public_key and not _is_32_bytes(env.sealing_public_key):
        problems.append("SEALING_PUBLIC_KEY must be what `manage.py sealing_key` prints")
    elif env.sealing_public_key and env.encryption_key and not _opens(env):
        problems.append("SEALING_PUBLIC_KEY belongs to none of the keys: see `sealing_key`")
    problems += _stellar_problems(env)
    problems += _mpesa_problems(env)
    if problems:
        raise SettingsError(problems)


def _stellar_problems(env: Env) -> list[str]:
    problems = []
    secret, account = env.stellar_funding_secret, env.stellar_funding_account
    if secret and account and strkey.address_of_seed(secret) != account:
        problems.append("STELLAR_FUNDING_ACCOUNT is not the account of STELLAR_FUNDING_SECRET")
    is_public_name = env.stellar_network_passphrase == _PUBLIC_PASSPHRASE
    if env.stellar_network_passphrase and is_public_name != (env.stellar_network == "PUBLIC"):
        problems.append("STELLAR_NETWORK_PASSPHRASE is not that of STELLAR_NETWORK")
    if env.stellar_network == "PUBLIC" and env.stellar_friendbot_url:
        problems.append("STELLAR_FRIENDBOT_URL is for test networks: PUBLIC has no friendbot")
    if env.stellar_network == "PUBLIC" and env.stellar_funding_policy == "eager":
        problems.append("STELLAR_FUNDING_POLICY must be on_need on PUBLIC")
    return problems


def _mpesa_problems(env: Env) -> list[str]:
    problems = []
    for names in (_MPESA_IN, _MPESA_OUT):
        missing = [name.upper() for name in names if not getattr(env, name)]
        # The key of the paybill's addresses alone sets nothing up.
        set_up = [
            name.upper() for name in names if getattr(env, name) and name.startswith("mpesa_")
        ]
        if missing and set_up:
            problems.append(f"{', '.join(missing)}: missing, and {set_up[0]} is set: all or none")
    if env.mpesa_b2c_shortcode and not env.mpesa_consumer_key:
        problems.append("MPESA_B2C_SHORTCODE needs MPESA_CONSUMER_KEY: paying out needs access too")
    if env.mpesa_shortcode and FORBIDDEN_IN_CALLBACKS.search(env.public_base_url):
        problems.append("PUBLIC_BASE_URL has a word in it that M-Pesa refuses in addresses")
    return problems


def _opens(env: Env) -> bool:
    """Tell whether what is sealed to the public key can be opened with a key that is here."""
    ours = (env.encryption_key, *env.encryption_keys_old)
    public = bytes(keys.public_key(env.sealing_public_key))
    return any(bytes(keys.private_key(secret).public_key) == public for secret in ours)


def refuse_unsafe(env: Env) -> None:
    """Raise SettingsError with every reason why this is not fit for production."""
    problems = [
        f"{name.upper()} is missing: production has no default for it"
        for name in _PRODUCTION_NEEDS
        if not getattr(env, name)
    ]
    problems += _weak_secrets(env)
    problems += _unreal_mpesa(env)
    for name in _PROVIDER_URLS + _OUTSIDE_URLS:
        address = getattr(env, name)
        if address and not address.startswith("https://"):
            problems.append(f"{name.upper()} must begin with https:// in production")
        elif address and name in _PROVIDER_URLS and not _is_public(address):
            problems.append(f"{name.upper()} must not lead to a private or loopback network")
    if any(not origin.startswith("https://") for origin in env.cors_allowed_origins):
        problems.append("CORS_ALLOWED_ORIGINS must begin with https:// in production")
    if {"localhost", "127.0.0.1", "*"} & set(env.allowed_hosts):
        problems.append("ALLOWED_HOSTS must name the public hosts only")
    if problems:
        raise SettingsError(problems)


def _weak_secrets(env: Env) -> list[str]:
    problems = []
    if len(env.secret_key) < 50:
        problems.append("SECRET_KEY must be 50 random characters or more")
    if env.encryption_key and not _is_32_bytes(env.encryption_key):
        problems.append("ENCRYPTION_KEY must be 32 random bytes, as base64 or hex")
    if any(not _is_32_bytes(key) for key in env.encryption_keys_old):
        problems.append("ENCRYPTION_KEYS_OLD must hold 32 random bytes each, as base64 or hex")
    if env.pin_pepper and env.pin_pepper in (env.secret_key, env.encryption_key):
        problems.append("PIN_PEPPER must be a secret of its own")
    for name in _KEYS_OF_OTHERS:
        if 0 < len(getattr(env, name)) < 32:
            problems.append(f"{name.upper()} must be 32 random characters or more")
    return problems


def _unreal_mpesa(env: Env) -> list[str]:
    """Return what is missing for real money, where the mode says that it is real."""
    if env.operating_mode == "sandbox":
        return []
    needed = (*_MPESA_IN, *_MPESA_OUT, "mpesa_callback_ips")
    problems = [
        f"{name.upper()} is missing: {env.operating_mode} mode moves real money"
        for name in needed
        if not getattr(env, name)
    ]
    if env.mpesa_environment != "production":
        problems.append(f"MPESA_ENVIRONMENT must be production in {env.operating_mode} mode")
    return problems


def _is_32_bytes(text: str) -> bool:
    if len(text) == 64:
        try:
            return len(bytes.fromhex(text)) == 32
        except ValueError:
            return False
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == 32
    except (binascii.Error, ValueError):
        return False


def _is_public(address: str) -> bool:
    """Tell whether every address of the host is on the public internet; an unknown host is not."""
    host = urlsplit(address).hostname or ""
    try:
        found = socket.getaddrinfo(host, 443, proto=socket.IPPROTO_TCP)
    except OSError:
        return False
    return all(ipaddress.ip_address(entry[4][0]).is_global for entry in found)
