"""Questions about SIMs, each with its answer."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from nannychain.ids import new_id
from nannychain.states.machine import choices
from workers.identity.models import Member
from workers.identity.sim_swaps.states import LOOKUP, State


class SimSwapLookup(models.Model):
    """One question. The callback names no number, so it is known by either of the two ids.

    `phone` is the number that was asked about, which may be another by the time of the answer.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="sim_swap_lookups")
    state = models.CharField(max_length=20, choices=choices(LOOKUP.states), default=LOOKUP.initial)
    phone = models.CharField(max_length=16, blank=True)
    wanted_at = models.DateTimeField("wanted", default=timezone.now)
    due_at = models.DateTimeField("due", default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField("asked", null=True)
    told_at = models.DateTimeField("told", null=True)
    request_id = models.CharField(max_length=100, blank=True)
    transaction_id = models.CharField(max_length=100, blank=True)
    provider_status = models.CharField(max_length=60, blank=True)
    swapped_on = models.DateField("SIM changed", null=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(state__in=(State.WAITING, State.ASKING)),
                name="one_sim_swap_lookup_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["request_id"], condition=~Q(request_id=""), name="sim_swap_request_once"
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-wanted_at"], name="sim_swap_latest"),
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=(State.WAITING, State.ASKING, State.ASKED)),
                name="sim_swap_due",
            ),
            models.Index(
                fields=["transaction_id"],
                condition=~Q(transaction_id=""),
                name="sim_swap_transaction",
            ),
        ]

    def __str__(self) -> str:
        return f"question about a SIM {self.id}"
