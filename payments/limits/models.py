"""Limits in the database, and what was used of them. Amounts in cents."""

from django.db import models
from django.db.models import F, Q

from nannychain.dated.models import Dated, one_at_a_time, past_stays
from payments.limits.figures import CONFIRM_ABOVE_CENTS
from payments.operations import Operation
from workers.identity.models import Member
from workers.kyc.levels import WORDS, Level

_OPERATIONS = [(operation.value, operation.value) for operation in Operation]


class LevelLimits(Dated):
    """What a member of that level may hold, and send at once and on one day in Kenya."""

    level = models.PositiveSmallIntegerField(
        choices=[(level.value, words) for level, words in WORDS.items()]
    )
    wallet_max_cents = models.BigIntegerField()
    transaction_max_cents = models.BigIntegerField()
    day_max_cents = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "limits by level"
        constraints = [
            one_at_a_time("level", name="level_limits_once"),
            models.CheckConstraint(
                condition=Q(wallet_max_cents__gt=0, transaction_max_cents__gt=0)
                & Q(day_max_cents__gte=F("transaction_max_cents")),
                name="level_limits_make_sense",
            ),
        ]
        triggers = [past_stays("level")]

    def __str__(self) -> str:
        return WORDS[Level(self.level)]


class OperationLimits(Dated):
    """The least and the most of one operation, for everybody.

    What comes in above `confirm_above_cents` is credited only once M-Pesa has answered to a
    question of ours; without a figure, above the one in `figures`.
    """

    operation = models.CharField(max_length=20, choices=_OPERATIONS)
    min_cents = models.BigIntegerField()
    max_cents = models.BigIntegerField()
    confirm_above_cents = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "limits by operation"
        constraints = [
            one_at_a_time("operation", name="operation_limits_once"),
            models.CheckConstraint(
                condition=Q(min_cents__gt=0, max_cents__gte=F("min_cents")),
                name="operation_limits_make_sense",
            ),
            models.CheckConstraint(
                condition=Q(confirm_above_cents__isnull=True) | Q(confirm_above_cents__gte=0),
                name="operation_limits_confirm_above_zero",
            ),
        ]
        triggers = [past_stays("operation")]

    def __str__(self) -> str:
        return self.operation

    @property
    def confirmed_above_cents(self) -> int:
        """Return above which amount a message alone is not believed."""
        own = self.confirm_above_cents
        return CONFIRM_ABOVE_CENTS if own is None else own


class DayUse(models.Model):
    """What a member has sent on one day in Kenya."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    cents = models.BigIntegerField()

    class Meta:
        verbose_name = "use of a day"
        constraints = [
            models.UniqueConstraint(fields=["member", "day"], name="day_use_once"),
            models.CheckConstraint(condition=Q(cents__gte=0), name="day_use_not_below_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class CapUse(models.Model):
    """What a member has sent since her account has been capped for something new about it."""

    member = models.OneToOneField(
        Member, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    since = models.DateTimeField()
    cents = models.BigIntegerField()

    class Meta:
        verbose_name = "use of a cap"
        constraints = [
            models.CheckConstraint(condition=Q(cents__gte=0), name="cap_use_not_below_zero")
        ]

    def __str__(self) -> str:
        return f"since {self.since}"


class DayOutflow(models.Model):
    """What has left our books on one day in Kenya, or is on its way out."""

    day = models.DateField(primary_key=True)
    cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cents__gte=0), name="day_outflow_not_below_zero")
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class Payee(models.Model):
    """Somebody whom a member has sent money to: since when, and how much while new."""

    sender = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    payee = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    first_at = models.DateTimeField()
    new_cents = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "payee"], name="payee_once"),
            models.CheckConstraint(condition=Q(new_cents__gte=0), name="payee_not_below_zero"),
        ]

    def __str__(self) -> str:
        return f"since {self.first_at}"


class Excess(models.Model):
    """A part of a wallet that is above its limit: hers, held by `hold_id` until there is room."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    account_id = models.BigIntegerField()
    hold_id = models.BigIntegerField(unique=True)
    cents = models.BigIntegerField()
    cause = models.CharField(max_length=120)
    placed_at = models.DateTimeField("since")
    released_at = models.DateTimeField("released", null=True)

    class Meta:
        verbose_name = "money above a limit"
        verbose_name_plural = "money above limits"
        constraints = [models.CheckConstraint(condition=Q(cents__gt=0), name="excess_above_zero")]
        indexes = [
            models.Index(
                fields=["account_id"],
                name="excess_held",
                condition=Q(released_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.cause
