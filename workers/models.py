"""Index of the people's models."""

from workers.identity.api_keys.models import ApiKey
from workers.identity.codes.models import Code, Tally
from workers.identity.models import Consent, Member
from workers.identity.phone_changes.models import PhoneChange
from workers.identity.pins.models import Pin, PinAttempt
from workers.identity.second_factor.models import RecoveryCode, SecondFactor
from workers.identity.sim_swaps.models import SimSwapLookup
from workers.identity.standing.models import Standing
from workers.identity.tokens.models import PinToken, Session, SpentRefresh
from workers.kyc.models import KnownAs

__all__ = [
    "ApiKey",
    "Code",
    "Consent",
    "KnownAs",
    "Member",
    "PhoneChange",
    "Pin",
    "PinAttempt",
    "PinToken",
    "RecoveryCode",
    "SecondFactor",
    "Session",
    "SimSwapLookup",
    "SpentRefresh",
    "Standing",
    "Tally",
]
