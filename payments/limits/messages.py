"""SMS texts about limits."""

from django.utils.translation import gettext as _

from nannychain.language import speaking
from nannychain.money import display


def held(*, held_cents: int, limit_cents: int, language: str) -> str:
    """Return the text that tells a member how much of her money waits for room."""
    with speaking(language):
        return _(
            "Your wallet can hold {limit}. {held} above that is yours and is kept for you. "
            "You can use it once there is room, or once your ID is checked."
        ).format(limit=display(limit_cents), held=display(held_cents))


def released(*, released_cents: int, held_cents: int, language: str) -> str:
    """Return the text that tells a member that money above her limit is free."""
    with speaking(language):
        return _("{released} that was kept for you is free to use. Still kept: {held}.").format(
            released=display(released_cents), held=display(held_cents)
        )
