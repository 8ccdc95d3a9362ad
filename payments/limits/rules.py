"""Whether something is within its limits: pure functions. Amounts in cents."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from nannychain.errors import Conflict, Unavailable
from nannychain.money import display


class LimitExceeded(Conflict):
    """More, or less, than is allowed. `limit_cents` is the limit, `left_cents` what is left of it.

    Its kinds differ in `code` and message; all are refused before anything moves.
    """

    code = "limits.exceeded"
    details = {"limit_cents": 5_000_00, "left_cents": 1_000_00}

    def __init__(self, *, limit_cents: int, left_cents: int | None = None) -> None:
        self.limit_cents = limit_cents
        self.left_cents = max(0, limit_cents if left_cents is None else left_cents)
        self.details = {"limit_cents": self.limit_cents, "left_cents": self.left_cents}
        super().__init__(self._words())

    def _words(self) -> Promise | str:
        figures = {"limit": display(self.limit_cents), "left": display(self.left_cents)}
        return format_lazy(self.message, **figures)  # type: ignore[arg-type]  # lazy texts pass


class BelowMinimum(LimitExceeded):
    """Less than can be moved."""

    code = "limits.below_minimum"
    message = _("The least is {limit}.")

    def __init__(self, *, limit_cents: int) -> None:
        super().__init__(limit_cents=limit_cents, left_cents=0)


class AboveMaximum(LimitExceeded):
    """More than may be moved at once."""

    code = "limits.above_maximum"
    message = _("The most at once is {limit}.")


class AboveDay(LimitExceeded):
    """More than may be sent on one day."""

    code = "limits.day"
    message = _("You can send {limit} a day. Left today: {left}.")


class AboveNewPayee(LimitExceeded):
    """More than somebody whom the member has never paid before can get at first."""

    code = "limits.new_payee"
    message = _("A new person can get {limit} from you in the first 24 hours. Left: {left}.")


class AboveCap(LimitExceeded):
    """More than may go out in the first day after something about the account has changed."""

    code = "limits.capped"
    message = _("For your safety {limit} can go out in the next 24 hours. Left: {left}.")


class OutflowReached(Unavailable):
    """All members together have taken out what the operating mode allows for one day."""

    code = "limits.outflow"
    message = _("No more can be paid out today. Your money is safe. Please try again tomorrow.")


@dataclass(frozen=True)
class Rules:
    """What holds for one member and one operation at one instant; None is no limit.

    `new_payee_cents` is None for a payee who is not new, `cap_cents` for an account without a cap.
    """

    min_cents: int
    max_cents: int
    day_cents: int
    cap_cents: int | None = None
    new_payee_cents: int | None = None
    outflow_cents: int | None = None


@dataclass(frozen=True)
class Used:
    """How much was used before, of each of these limits."""

    day_cents: int = 0
    cap_cents: int = 0
    new_payee_cents: int = 0
    outflow_cents: int = 0


def ensure_within(rules: Rules, used: Used, amount_cents: int) -> None:
    """Raise the first of the LimitExceeded, or OutflowReached, that stands in the way."""
    if amount_cents < rules.min_cents:
        raise BelowMinimum(limit_cents=rules.min_cents)
    if amount_cents > rules.max_cents:
        raise AboveMaximum(limit_cents=rules.max_cents)
    for error, limit, before in (
        (AboveDay, rules.day_cents, used.day_cents),
        (AboveCap, rules.cap_cents, used.cap_cents),
        (AboveNewPayee, rules.new_payee_cents, used.new_payee_cents),
    ):
        if limit is not None and before + amount_cents > limit:
            raise error(limit_cents=limit, left_cents=limit - before)
    outflow = rules.outflow_cents
    if outflow is not None and used.outflow_cents + amount_cents > outflow:
        raise OutflowReached
