"""The level of a member who is known better than by phone."""

from django.db import models
from django.utils import timezone

from workers.identity.models import Member
from workers.kyc.levels import WORDS, Level


class KnownAs(models.Model):
    """How well a member is known, and since when. What came before stands in the audit."""

    member = models.OneToOneField(
        Member, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    level = models.PositiveSmallIntegerField(
        choices=[(level.value, words) for level, words in WORDS.items()], default=Level.PHONE
    )
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "level of a member"
        verbose_name_plural = "levels of members"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(level__in=[int(level) for level in Level]),
                name="known_as_a_level",
            )
        ]

    def __str__(self) -> str:
        return WORDS[Level(self.level)]
