"""The whole USSD tree in one table, and what else the engine must know of us.

To add a screen: a file in `ussd/screens`, a line in SCREENS, a line in TREE.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nannychain.language import DEFAULT as DEFAULT_LANGUAGE
from ussd.engine.application import Application, Item, Sentences
from ussd.engine.screens import Back, Go, Screen
from ussd.screens import account, help, home, language, own_number, register, sign_in, welcome
from workers.identity.selectors import Caller, caller_by_phone

STRANGER, MEMBER = "welcome", "home"
RECENT = timedelta(minutes=10)  # longer than any session lives

SCREENS = {
    STRANGER: Screen(welcome.prompt, keys=welcome.other_language, aliases={"0": Back()}),
    "register": Screen(
        register.prompt, short=own_number.short, keys=register.keys, read=register.read
    ),
    "sign_in": Screen(sign_in.prompt, keys=sign_in.keys, read=sign_in.read),
    MEMBER: Screen(home.prompt),
    "account": Screen(account.prompt),
    "language": Screen(language.prompt, keys=language.keys),
    "help": Screen(help.prompt),
}

# On the screen …, the key …, says …, and leads to …
TREE = (
    Item(STRANGER, "1", _("Create account"), Go("register")),
    Item(STRANGER, "2", _("Sign in"), Go("sign_in")),
    Item(STRANGER, "3", _("Exit"), Back()),
    Item(MEMBER, "1", _("My account"), Go("account")),
    Item(MEMBER, "2", _("Language"), Go("language")),
    Item(MEMBER, "3", _("Help"), Go("help")),
    Item(MEMBER, "0", _("Exit"), Back()),
)

SENTENCES = Sentences(
    back=_("Back"),
    goodbye=_("Thank you for using NannyChain."),
    wrong_choice=_("Wrong choice. Try again."),
    over=_("This session has ended. Please dial again."),
    busy=_("Your last answer is still being worked on. Please dial again in a minute."),
    foreign=_("This session belongs to another phone. Please dial again."),
    unavailable=_("NannyChain can't answer right now. Please dial again in a few minutes."),
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
    screens=SCREENS,
    tree=TREE,
    sentences=SENTENCES,
    find_caller=caller_by_phone,
    pack_caller=_pack,
    unpack_caller=_unpack,
    language_of=_language_of,
    roots=_roots,
    is_recent=_is_recent,
    root_names=frozenset({STRANGER, MEMBER}),
)
