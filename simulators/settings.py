"""What the simulators read from the environment, typed and with defaults.

Not here: settings of the product. Where a name is shared (`AT_API_KEY`, `USSD_SERVICE_CODE` …) both
sides read the same variable, so that one `.env` serves both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class InvalidSetting(Exception):
    """A setting is malformed; the text says which, and what it should be."""


@dataclass(frozen=True)
class Settings:
    """All settings. An empty URL means that nothing is posted there; times are in seconds.

    Safaricom ends a session after 30 seconds without input. People who look at the browser phone
    for the first time read longer, so that limit is off (as long as a session) unless it is set.
    """

    host: str = "127.0.0.1"
    port: int = 8100
    allowed_hosts: frozenset[str] = frozenset({"localhost", "127.0.0.1", "[::1]"})
    state: Path | None = None
    api_key: str = ""
    username: str = "sandbox"
    sender_id: str = ""
    service_code: str = "*384*2024#"
    ussd_callback_url: str = "http://localhost:8000/ussd"
    ussd_bearer: str = ""
    ussd_events_url: str = ""
    sms_reports_url: str = ""
    sms_optout_url: str = ""
    insights_url: str = ""
    ussd_answer_seconds: float = 10.0
    ussd_session_seconds: float = 180.0
    ussd_idle_seconds: float = 180.0
    sms_report_seconds: float = 1.0
    network_passphrase: str = "Test SDF Network ; September 2015"  # noqa: S105 - it is public
    ledger_seconds: float = 5.0
    submit_seconds: float = 30.0
    mpesa_consumer_key: str = ""
    mpesa_consumer_secret: str = ""
    mpesa_shortcode: str = ""
    mpesa_passkey: str = ""
    mpesa_b2c_shortcode: str = ""
    mpesa_initiator_name: str = ""
    mpesa_initiator_password: str = ""
    paybill_validation_url: str = ""
    paybill_confirmation_url: str = ""
    mpesa_wallet_shillings: float = 50_000
    mpesa_float_shillings: float = 5_000_000
    mpesa_result_seconds: float = 1.0
    mpesa_prompt_seconds: float = 60.0


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Return the settings; raise InvalidSetting for the first that is malformed."""
    get = environment.get
    host = get("SIMULATORS_HOST") or "127.0.0.1"
    also = {name.strip() for name in get("SIMULATORS_ALLOWED_HOSTS", "").split(",")}
    state = get("SIMULATORS_STATE", "")
    return Settings(
        host=host,
        port=int(_number(environment, name="SIMULATORS_PORT", default=8100, most=65535)),
        allowed_hosts=frozenset((Settings.allowed_hosts | also | {host}) - {""}),
        state=Path(state) if state else None,
        api_key=get("AT_API_KEY", ""),
        username=get("AT_USERNAME") or "sandbox",
        sender_id=get("AT_SENDER_ID", ""),
        service_code=get("USSD_SERVICE_CODE") or "*384*2024#",
        ussd_callback_url=_url(environment, "USSD_CALLBACK_URL") or Settings.ussd_callback_url,
        ussd_bearer=get("USSD_BEARER", ""),
        ussd_events_url=_url(environment, "USSD_EVENTS_URL"),
        sms_reports_url=_url(environment, "SMS_REPORTS_URL"),
        sms_optout_url=_url(environment, "SMS_OPTOUT_URL"),
        insights_url=_url(environment, "INSIGHTS_URL"),
        ussd_answer_seconds=_number(
            environment, name="SIMULATORS_USSD_ANSWER_SECONDS", default=10.0, most=300
        ),
        ussd_session_seconds=_number(
            environment, name="SIMULATORS_USSD_SESSION_SECONDS", default=180.0, most=3600
        ),
        ussd_idle_seconds=_number(
            environment, name="SIMULATORS_USSD_IDLE_SECONDS", default=180.0, most=3600
        ),
        sms_report_seconds=_number(
            environment, name="SIMULATORS_SMS_REPORT_SECONDS", default=1.0, most=3600
        ),
        network_passphrase=get("STELLAR_NETWORK_PASSPHRASE") or Settings.network_passphrase,
        ledger_seconds=_number(
            environment, name="SIMULATORS_LEDGER_SECONDS", default=5.0, most=3600, least=0
        ),
        submit_seconds=_number(
            environment, name="SIMULATORS_SUBMIT_SECONDS", default=30.0, most=300, least=0
        ),
        **_mpesa(environment),
    )


def _mpesa(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what concerns M-Pesa; what is empty is not checked."""
    names = (
        *("MPESA_CONSUMER_KEY", "MPESA_CONSUMER_SECRET", "MPESA_SHORTCODE", "MPESA_PASSKEY"),
        *("MPESA_B2C_SHORTCODE", "MPESA_INITIATOR_NAME", "MPESA_INITIATOR_PASSWORD"),
    )
    numbers = (
        ("SIMULATORS_MPESA_WALLET_SHILLINGS", 500_000),
        ("SIMULATORS_MPESA_FLOAT_SHILLINGS", 10**9),
        ("SIMULATORS_MPESA_RESULT_SECONDS", 3600),
        ("SIMULATORS_MPESA_PROMPT_SECONDS", 3600),
    )
    return {
        **{name.lower(): environment.get(name, "") for name in names},
        "paybill_validation_url": _url(environment, "PAYBILL_VALIDATION_URL"),
        "paybill_confirmation_url": _url(environment, "PAYBILL_CONFIRMATION_URL"),
        **{
            _field(name): _number(
                environment, name=name, default=getattr(Settings, _field(name)), most=most, least=0
            )
            for name, most in numbers
        },
    }


def _field(name: str) -> str:
    return name.removeprefix("SIMULATORS_").lower()


def _url(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise InvalidSetting(f"{name} must be an address such as http://localhost:8000/ussd")
    return value


def _number(
    environment: Mapping[str, str], *, name: str, default: float, most: float, least: float = 1e-9
) -> float:
    try:
        value = float(environment.get(name) or default)
    except ValueError:
        value = -1.0
    if not least <= value <= most:
        above = "0 or more" if least == 0 else "above 0"
        raise InvalidSetting(f"{name} must be a number {above}, at most {most:g}")
    return value
