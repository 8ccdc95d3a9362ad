"""The whole USSD tree in one table, and what else the engine must know of us.

To add a screen: a file in `ussd/screens` that declares a flow, and a line in TREE. How such a file
is written, also for money, stands in `ussd.engine.screens`.
"""

from django.utils.translation import gettext_lazy as _

from ussd import callers
from ussd.engine.application import Application, Item, Sentences
from ussd.engine.steps import Back
from ussd.screens import (
    account,
    balance,
    deposit,
    enter_code,
    first_pin,
    help,
    home,
    language,
    my_work,
    pin,
    register,
    send,
    sign_in,
    statement,
    take_phone,
    wages,
    welcome,
    withdraw,
)
from workers.identity.selectors import Caller, caller_by_phone

STRANGER, MEMBER = "welcome", "home"

# On the screen …, the key …, says …, and leads to …
TREE = (
    Item(STRANGER, "1", _("Create account"), register.FLOW),
    Item(STRANGER, "2", _("Sign in"), sign_in.FLOW),
    Item(STRANGER, "3", _("Exit"), Back()),
    Item(MEMBER, "1", _("Balance"), balance.FLOW),
    Item(MEMBER, "2", _("Statement"), statement.FLOW),
    Item(MEMBER, "3", _("Deposit"), deposit.FLOW),
    Item(MEMBER, "4", _("Withdraw"), withdraw.FLOW),
    Item(MEMBER, "5", _("Send"), send.FLOW),
    Item(MEMBER, "6", _("Wages"), wages.FLOW),
    Item(MEMBER, "7", _("My work"), my_work.FLOW),
    Item(MEMBER, "8", _("My account"), account.FLOW),
    Item(MEMBER, "9", _("Language"), language.FLOW),
    Item(MEMBER, "10", _("PIN"), pin.FLOW),
    Item(MEMBER, "11", _("Help"), help.FLOW),
    Item(MEMBER, "12", _("Enter code"), enter_code.FLOW),
    Item(MEMBER, "0", _("Exit"), Back()),
)

SENTENCES = Sentences(
    back=_("Back"),
    home=_("Home"),
    more=_("More"),
    goodbye=_("Thank you for using NannyChain."),
    wrong_choice=_("Wrong choice. Try again."),
    ask_again=_("Please answer this again."),
    start_again=_("We lost your place. Please start again."),
    resume=_("Continue where you stopped?"),
    no=_("No"),
    too_often=_("Too many calls from this phone. Please wait ten minutes."),
    over=_("This session has ended. Please dial again."),
    busy=_("Your last answer is still being worked on. Please dial again in a minute."),
    foreign=_("This session belongs to another phone. Please dial again."),
    unavailable=_("NannyChain can't answer right now. Please dial again in a few minutes."),
    confirm=_("Confirm"),
    sent_before=_("Sent at {time}. Again?"),
    yes=_("Yes"),
    pin_form=_("A PIN has 4 digits."),
    pin_wrong=_("Wrong PIN. Tries left: {tries}"),
    pin_locked=_("Wrong PIN. For your safety it is locked until {time}."),
    pin_needs_reset=_("Your PIN is locked. Call us for a new one. Your money is safe."),
)


def _roots(caller: Caller | None) -> tuple[str, ...]:
    # A member whose session we have lost may have joined since it began, as a stranger then.
    return (STRANGER,) if caller is None else (MEMBER, STRANGER)


APPLICATION = Application(
    tree=TREE,
    flows=(
        welcome.FLOW,
        take_phone.FLOW,
        home.FLOW,
        first_pin.FLOW,
        pin.CHANGE,
        pin.FORGOT,
    ),
    sentences=SENTENCES,
    find_caller=caller_by_phone,
    pack_caller=callers.pack,
    unpack_caller=callers.unpack,
    language_of=callers.language_of,
    roots=_roots,
    is_recent=callers.is_recent,
    root_names=frozenset({STRANGER, MEMBER}),
    pins=callers.MemberPins(),
    first_pin="first_pin",
    on_begin=callers.note_dial,
    on_refusal=callers.on_refusal,
)
