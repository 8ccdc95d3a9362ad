"""Forgetting what is over: codes, counts, verdicts, tokens, and changes of number nobody showed."""

from workers.identity.codes import services as codes
from workers.identity.phone_changes import services as phone_changes
from workers.identity.pins import services as pins
from workers.identity.second_factor import services as second_factor
from workers.identity.tokens import services as tokens


def tidy() -> None:
    """End what is out of time and delete what nobody can use any more. Safe to run twice."""
    phone_changes.expire()
    codes.forget_old()
    pins.forget_old()
    tokens.forget_old()
    second_factor.forget_old_sessions()
