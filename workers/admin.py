"""Index of the people's admin pages."""

from workers.identity.admin import GroupAdmin, MemberAdmin
from workers.identity.api_keys.admin import ApiKeyAdmin
from workers.identity.codes.admin import CodeAdmin
from workers.identity.phone_changes.admin import PhoneChangeAdmin
from workers.identity.pins.admin import PinAdmin
from workers.identity.tokens.admin import SessionAdmin

__all__ = [
    "ApiKeyAdmin",
    "CodeAdmin",
    "GroupAdmin",
    "MemberAdmin",
    "PhoneChangeAdmin",
    "PinAdmin",
    "SessionAdmin",
]
