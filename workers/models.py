"""Index of the people's models."""

from workers.identity.models import Consent, Member
from workers.kyc.models import KnownAs

__all__ = ["Consent", "KnownAs", "Member"]
