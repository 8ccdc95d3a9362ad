"""Delivery reports on the wire: the provider's statuses, and what each means.

Source: the provider's documentation and third parties' enums of it; reports come in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from nannychain import phone
from nannychain.errors import Invalid


class Meaning(StrEnum):
    """What a status says."""

    UNDER_WAY = "UNDER_WAY"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


STATUSES = {
    "Sent": Meaning.UNDER_WAY,  # left the provider
    "Submitted": Meaning.UNDER_WAY,  # the network has it
    "Buffered": Meaning.UNDER_WAY,  # the network waits for the phone
    "Success": Meaning.DELIVERED,
    "Rejected": Meaning.FAILED,
    "Failed": Meaning.FAILED,
    "AbsentSubscriber": Meaning.FAILED,
    "Expired": Meaning.FAILED,
}

# Why it failed, in words for staff. An unknown reason is kept and shown as it came.
REASONS = {
    "InsufficientCredit": "no credit",
    "InvalidLinkId": "wrong link id",
    "UserIsInactive": "the line is inactive",
    "UserInBlackList": "the person has blocked our messages",
    "UserAccountSuspended": "the line is suspended",
    "NotNetworkSubcriber": "the number is not on that network",  # as the provider spells it
    "NotNetworkSubscriber": "the number is not on that network",
    "UserNotSubscribedToProduct": "the person is not subscribed",
    "UserDoesNotExist": "there is no such number",
    "DeliveryFailure": "the network could not deliver it",
    "DoNotDisturbRejection": "the person wants no such messages (do not disturb)",
}


@dataclass(frozen=True)
class Report:
    """One report. `phone` is in E.164 where it can be; `meaning` is None for an unknown status."""

    message_id: str
    status: str
    meaning: Meaning | None
    phone: str
    reason: str
    retry_count: int | None
    network_code: str


def parse(form: Mapping[str, str]) -> Report:
    """Return the report in a posted form, of which only `id` and `status` are always there."""
    status = form.get("status", "").strip()
    retries = form.get("retryCount", "").strip()
    return Report(
        message_id=form.get("id", "").strip(),
        status=status,
        meaning=STATUSES.get(status),
        phone=_canonical(form.get("phoneNumber", "")),
        reason=form.get("failureReason", "").strip(),
        retry_count=int(retries) if retries.isdecimal() and len(retries) < 6 else None,
        network_code=form.get("networkCode", "").strip(),
    )


def in_words(reason: str) -> str:
    """Return the reason of a failure in words, or as it came."""
    return REASONS.get(reason, reason)


def _canonical(number: str) -> str:
    try:
        return phone.parse(number)
    except Invalid:
        return number.strip()
