"""The whole USSD tree in one table, and what else the engine must know of us.

To add a screen: a file in `ussd/screens` that declares a flow, and a line in TREE. How such a file
is written, also for money, stands in `ussd.engine.screens`.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nannychain.language import DEFAULT as DEFAULT_LANGUAGE
from ussd.engine.application import Application, Item, Sentences
from ussd.engine.steps import Back
from ussd.screens import account, help, home, language, register, sign_in, welcome
from workers.identity.selectors import Caller, caller_by_phone

STRANGER, MEMBER = "welcome", "home"
RECENT = timedelta(minutes=10)  # longer than any session lives

# On the screen …, the key …, says …, and leads to …
TREE = (
    Item(STRANGER, "1", _("Create account"), register.FLOW),
    Item(STRANGER, "2", _("Sign in"), sign_in.FLOW),
    Item(STRANGER, "3", _("Exit"), Back()),
    Item(MEMBER, "1", _("My account"), account.FLOW),
    Item(MEMBER, "2", _("Language"), language.FLOW),
    Item(MEMBER, "3", _("Help"), help.FLOW),
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
)


def _roots(caller: Caller | None) -> tuple[str, ...]:
    # A member whose session we have lost may have joined since it began, as a stranger then.
    return (STRANGER,) if caller is None else (MEMBER, STRANGER)


def _is_recent(caller: Caller | None) -> bool:
    return caller is not None and timezone.now() - caller.joined_at < RECENT


def _language_of(caller: Caller | None) -> str:
    return caller.language if caller else DEFAULT_LANGUAGE


def _pack(caller: Caller) -> list[str]:
    joined_at = caller.joined_at.isoformat()
    return [str(caller.member_id), caller.worker_id, caller.language, joined_at]


def _unpack(packed: list[str]) -> Caller:
    member_id, worker_id, language, joined_at = packed
    return Caller(UUID(member_id), worker_id, language, datetime.fromisoformat(joined_at))


APPLICATION = Application(
    tree=TREE,
    flows=(welcome.FLOW, home.FLOW),
    sentences=SENTENCES,
    find_caller=caller_by_phone,
    pack_caller=_pack,
    unpack_caller=_unpack,
    language_of=_language_of,
    roots=_roots,
    is_recent=_is_recent,
    root_names=frozenset({STRANGER, MEMBER}),
)
