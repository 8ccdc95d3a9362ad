"""PIN: choosing the first, changing it with the old one, and what to do when it is forgotten."""

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from ussd.engine.hop import Visit
from ussd.engine.screens import Ask, Example, Keys, Menu, Pin, flow
from ussd.engine.steps import Back, Call, Do, Finish, Go, Home, Next, Step
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.pins import rules
from workers.identity.pins import services as pins


def prompt(visit: Visit) -> str:  # noqa: ARG001
    """Say the one rule about PINs."""
    return _("Your PIN. Nobody from NannyChain will ever ask for it.")


def keys(visit: Visit) -> Keys:
    """Offer what can be done now: with a PIN, or without one."""
    if not visit.frozen:
        return {"1": (_("Choose a PIN"), Go("first_pin"))}
    return {
        "1": (_("Change PIN"), Go("change_pin")),
        "2": (_("I forgot my PIN"), Go("forgot_pin")),
    }


def _old(visit: Visit) -> str:  # noqa: ARG001
    return _("Enter your old PIN.")


def _new(visit: Visit) -> str:  # noqa: ARG001
    return _("Enter your new PIN of 4 digits.")


def _new_again(visit: Visit) -> str:  # noqa: ARG001
    return _("Enter the new PIN again.")


@sensitive_variables()
def read_new(visit: Visit, typed: str) -> Step:
    """Go on with a PIN that nobody guesses first."""
    rules.refuse_weak(typed, phone=visit.hop.phone)
    return Next({"typed": visit.keyed_hash(typed)})


@sensitive_variables()
def read_new_again(visit: Visit, typed: str) -> Step:
    """Change the PIN where the same was typed twice."""
    if visit.keyed_hash(typed) != visit.values["typed"]:
        return Back(_("The two PINs are not the same."))

    @sensitive_variables()
    def change() -> Step:
        try:
            pins.change_after_right_try(
                visit.caller.member_id, new=typed, attempt_key=visit.key, channel="ussd"
            )
        except pins.SamePin as error:
            return Back(str(error.message))
        return Home(hint=_("Your PIN is changed."))

    return Call(change)


def forgot_prompt(visit: Visit) -> str:  # noqa: ARG001
    """Say what asking for a new PIN takes."""
    return _("For a new PIN we send you a code by SMS, and then two of our staff look at it.")


def forgot_keys(visit: Visit) -> Keys:
    """Offer to send the code."""

    def send() -> Finish:
        codes.send(visit.hop.phone, purpose=Purpose.RESET_PIN, language=visit.language)
        return Finish(_("A code comes by SMS. Then dial again and choose Enter code."))

    return {"1": (_("Send me a code"), Do(send))}


FLOW = flow(
    "pin",
    Menu(
        prompt=prompt,
        keys=keys,
        look=lambda visit: pins.has_pin(visit.caller.member_id),
        example=Example(frozen=True),
    ),
)
CHANGE = flow(
    "change_pin",
    Pin(prompt=_old),
    new=Ask(prompt=_new, read=read_new, is_secret=True),
    again=Ask(
        prompt=_new_again,
        read=read_new_again,
        is_secret=True,
        example=Example(values={"typed": ""}),
    ),
)
FORGOT = flow("forgot_pin", Menu(prompt=forgot_prompt, keys=forgot_keys))
