"""Why a withdrawal is not taken up."""

from django.utils.translation import gettext_lazy as _

from nannychain.errors import Conflict, Invalid, NotFound


class NoSuchWithdrawal(NotFound):
    """There is none, or it is somebody else's."""

    code = "withdrawal.not_found"
    message = _("There is no such withdrawal.")


class AmountOutOfRange(Invalid):
    """Less or more than M-Pesa pays out at once."""

    code = "withdrawal.amount_out_of_range"
    message = _("M-Pesa pays out KSh 10 to KSh 250,000 at once.")


class NotEnoughMoney(Conflict):
    """The wallet holds less than amount and fee."""

    code = "withdrawal.not_enough"
    message = _("There is not enough money in your wallet for that and the fee.")


class AttemptUnderWay(Conflict):
    """M-Pesa may still pay by the last attempt."""

    code = "withdrawal.attempt_under_way"
    message = _("M-Pesa may still pay this. Wait for its answer.")


class FeeChanged(Conflict):
    """What she agreed to is no longer what it would cost."""

    code = "withdrawal.fee_changed"
    message = _("The fee has changed. Look at it again.")
