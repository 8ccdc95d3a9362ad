"""Index of the people's models."""

from workers.identity.models import Consent, Member

__all__ = ["Consent", "Member"]
