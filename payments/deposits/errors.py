"""Why a deposit is not taken up, or not called off."""

from django.utils.translation import gettext_lazy as _

from nannychain.errors import Conflict, Invalid, NotFound, Unavailable


class NoSuchDeposit(NotFound):
    """There is none, or it is somebody else's."""

    code = "deposit.not_found"
    message = _("There is no such deposit.")


class AmountOutOfRange(Invalid):
    """Less or more than M-Pesa takes at once."""

    code = "deposit.amount_out_of_range"
    message = _("M-Pesa takes KSh 1 to KSh 250,000 at once.")


class PromptOpen(Conflict):
    """A prompt is on the phone, or on its way there."""

    code = "deposit.prompt_open"
    message = _("There is a request on your phone already. Answer it, or wait 2 minutes.")


class SameAgain(Conflict):
    """M-Pesa refuses the same amount for the same phone within two minutes."""

    code = "deposit.same_again"
    message = _("You asked for the same amount just now. Wait 2 minutes, then try again.")


class CannotCancel(Conflict):
    """It has ended, or it is being sent at this moment."""

    code = "deposit.cannot_cancel"
    message = _("This deposit can't be cancelled any more.")


class DepositsStopped(Unavailable):
    """Staff have stopped deposits, or M-Pesa is not set up."""

    code = "deposit.stopped"
    message = _("Deposits are stopped for now. Please try again later.")
