"""Our account with M-Pesa, out of the settings."""

from dataclasses import dataclass, field

from django.conf import settings


@dataclass(frozen=True, kw_only=True)
class Account:
    """What a call needs to know of us. Nothing secret shows in a traceback."""

    base_url: str
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    shortcode: str
    passkey: str = field(repr=False)
    payout_shortcode: str
    initiator_name: str
    initiator_password: str = field(repr=False)
    certificate: str = field(repr=False)  # PEM


def from_settings() -> Account:
    """Return the account as it is set now."""
    return Account(
        base_url=settings.MPESA_BASE_URL,
        consumer_key=settings.MPESA_CONSUMER_KEY,
        consumer_secret=settings.MPESA_CONSUMER_SECRET,
        shortcode=settings.MPESA_SHORTCODE,
        passkey=settings.MPESA_PASSKEY,
        payout_shortcode=settings.MPESA_B2C_SHORTCODE,
        initiator_name=settings.MPESA_INITIATOR_NAME,
        initiator_password=settings.MPESA_INITIATOR_PASSWORD,
        certificate=settings.MPESA_CERTIFICATE,
    )


def can_take() -> bool:
    """Tell whether prompts can be pushed: whether M-Pesa is set up for money in."""
    return bool(settings.MPESA_CONSUMER_KEY and settings.MPESA_SHORTCODE)


def can_pay() -> bool:
    """Tell whether money can be paid out and questions asked: whether an initiator is set up."""
    return bool(settings.MPESA_CONSUMER_KEY and settings.MPESA_B2C_SHORTCODE)
