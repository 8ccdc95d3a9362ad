"""The caps of an operating mode are changed by two members of staff: one asks, another approves."""

from collections.abc import Mapping
from typing import Any

from nannychain.dated.review import changing, withdrawing
from nannychain.errors import Invalid
from nannychain.money import InvalidAmount, display, parse_cents
from nannychain.operating.models import ModeCaps

_PERMISSION = "nannychain.add_modecaps"
_NONE = "without end"


class SenselessCaps(Invalid):
    """Words that say no caps."""

    code = "operating.senseless_caps"
    message = "These caps can't be understood."


def wording(cleaned: Mapping[str, Any]) -> dict[str, str]:
    """Return new caps of a mode in words that two people can read."""
    members = cleaned["members_max"]
    return {
        "mode": cleaned["mode"],
        "members_most": _NONE if members is None else str(members),
        "held_most": _cap(cleaned["liability_max_cents"]),
        "out_on_a_day_most": _cap(cleaned["outflow_day_max_cents"]),
    }


def build(payload: Mapping[str, Any]) -> ModeCaps:
    """Return the caps that such words say, unsaved; raise SenselessCaps."""
    try:
        members = payload["members_most"]
        return ModeCaps(
            mode=payload["mode"],
            members_max=None if members == _NONE else int(members),
            liability_max_cents=_cents(payload["held_most"]),
            outflow_day_max_cents=_cents(payload["out_on_a_day_most"]),
        )
    except (InvalidAmount, KeyError, ValueError):
        raise SenselessCaps from None


def _cap(cents: int | None) -> str:
    return _NONE if cents is None else display(cents)


def _cents(words: str) -> int | None:
    return None if words == _NONE else parse_cents(words)


CHANGE = changing(
    code="operating.change_caps",
    words="change the caps of the operating mode",
    permission=_PERMISSION,
    build=build,
    payload=frozenset({"mode", "members_most", "held_most", "out_on_a_day_most"}),
)
WITHDRAW = withdrawing(
    code="operating.withdraw_caps",
    words="withdraw the change of the mode's caps",
    permission=_PERMISSION,
    model=ModeCaps,
)
KINDS = (CHANGE, WITHDRAW)
