"""One row for each member: what stands between her money and the way out."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from nannychain.states.machine import choices
from workers.identity.models import Member
from workers.identity.standing.states import State


class Standing(models.Model):
    """A member's standing.

    `last_seen_at` is when the phone was last in use with us, to the day; `must_prove_since` is set
    while it has to be proved again. Until `capped_until` little may leave in all.
    """

    member = models.OneToOneField(
        Member, on_delete=models.PROTECT, primary_key=True, related_name="standing"
    )
    state = models.CharField(max_length=20, choices=choices(State), default=State.OPEN)
    reason = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField("last seen", default=timezone.now)
    must_prove_since = models.DateTimeField(null=True)
    sim_swapped_at = models.DateTimeField("SIM changed", null=True)
    capped_until = models.DateTimeField(null=True)
    capped_since = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "standings"
        default_permissions = ("view",)
        permissions = [
            ("freeze_member", "Can stop what leaves a member's wallet, and let it go on")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=State.OPEN) | ~Q(reason=""), name="frozen_for_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(capped_until__isnull=True, capped_since__isnull=True)
                | Q(capped_until__gt=models.F("capped_since")),
                name="cap_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"standing of {self.member_id}"
