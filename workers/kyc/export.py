"""What a member's export says of how well she is known."""

from collections.abc import Iterator
from typing import Any

from workers.identity.me.export import Section, rows
from workers.identity.models import Member
from workers.kyc.models import KnownAs


def _level(member: Member) -> Iterator[dict[str, Any]]:
    return rows(KnownAs.objects.filter(pk=member.pk), "level", "since")


SECTIONS = (Section("level", frozenset({"workers.KnownAs"}), _level),)
