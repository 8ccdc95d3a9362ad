"""The first PIN, chosen where one is needed. Where money has come before it, a code comes first."""

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from ussd.engine.hop import Visit
from ussd.engine.screens import Ask, Example, Keys, flow
from ussd.engine.steps import Again, Back, Call, Do, Finish, Home, Leave, Next, Step
from workers.identity.codes import services as codes
from workers.identity.codes.purposes import Purpose
from workers.identity.pins import rules
from workers.identity.pins import services as pins

THEN_HOME = "then_home"  # handed on where nothing is left to do but to begin


def prompt(visit: Visit) -> str:
    """Ask for a PIN that isn't there yet, or say that a code comes first."""
    if visit.frozen:
        return _("Money has come already. For your safety, a code by SMS comes before your PIN.")
    return _("Choose a PIN of 4 digits. Don't tell it to anyone.")


def prompt_again(visit: Visit) -> str:  # noqa: ARG001
    """Ask for the same again, since nobody sees what was typed."""
    return _("Enter the same PIN again.")


def keys(visit: Visit) -> Keys:
    """Offer to send the code, where one is needed."""
    return {"1": (_("Send me a code"), Do(lambda: _send_code(visit)))} if visit.frozen else {}


@sensitive_variables()
def read(visit: Visit, typed: str) -> Step:
    """Go on with a PIN that nobody guesses first."""
    if visit.frozen:
        return Again(str(pins.CodeNeeded.message))
    rules.refuse_weak(typed, phone=visit.hop.phone)
    return Next({"typed": visit.keyed_hash(typed)})


@sensitive_variables()
def read_again(visit: Visit, typed: str) -> Step:
    """Store the PIN where the same was typed twice."""
    if visit.keyed_hash(typed) != visit.values["typed"]:
        return Back(_("The two PINs are not the same."))

    @sensitive_variables()
    def choose() -> Step:
        pins.choose_first(visit.caller.member_id, pin=typed, attempt_key=visit.key, channel="ussd")
        hint = _("Your PIN is set.")
        return Home(hint=hint) if visit.values.get(THEN_HOME) else Leave(hint)

    return Call(choose)


def _send_code(visit: Visit) -> Finish:
    codes.send(visit.hop.phone, purpose=Purpose.SET_PIN, language=visit.language)
    return Finish(_("A code comes by SMS. Then dial again and choose Enter code."))


FLOW = flow(
    "first_pin",
    Ask(
        prompt=prompt,
        keys=keys,
        read=read,
        is_secret=True,
        look=lambda visit: pins.needs_code(visit.caller.member_id),
        example=Example(frozen=False),
    ),
    again=Ask(
        prompt=prompt_again,
        read=read_again,
        is_secret=True,
        example=Example(values={"typed": ""}),
    ),
)
