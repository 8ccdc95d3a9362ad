"""Index of the people's admin pages."""

from workers.identity.admin import GroupAdmin, MemberAdmin

__all__ = ["GroupAdmin", "MemberAdmin"]
