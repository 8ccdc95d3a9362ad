"""What we tell people about M-Pesa, in sentences without any of its codes."""

from django.utils.translation import gettext_lazy as _

NOTHING = ""
WAITING = _("We are waiting for M-Pesa. You will get an SMS.")
NOT_ENOUGH = _("You don't have enough money in M-Pesa.")
CANCELLED = _("The M-Pesa request was cancelled or not answered.")
NO_ANSWER = _("Your phone did not answer M-Pesa. Check that it is on, then try again.")
EXPIRED = _("The M-Pesa request was not answered in time.")
WRONG_PIN = _("The M-Pesa PIN was wrong.")
BLOCKED = _("Your M-Pesa PIN is blocked. Call Safaricom on 100.")
LINE_BUSY = _("Another M-Pesa request is open on your phone. Wait two minutes, then try again.")
SAME_AGAIN = _("You paid the same amount just now. Wait two minutes, then try again.")
BUSY = _("M-Pesa is busy. Please try again in a few minutes.")
TOO_SMALL = _("The amount is too small for M-Pesa.")
TOO_BIG = _("The amount is too big for M-Pesa.")
DAY_IS_FULL = _("This would go over your M-Pesa limit for today.")
WALLET_IS_FULL = _("Your M-Pesa can't hold that much money.")
NOT_REGISTERED = _("This number is not registered for M-Pesa.")
NOT_ALLOWED = _("M-Pesa does not let this account do that.")
OUR_TROUBLE = _("This does not work right now. We know of it and are working on it.")
