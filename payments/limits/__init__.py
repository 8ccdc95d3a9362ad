"""How much may lie and move: for each level, operation, payee and day.

`check_outgoing` asks before anything is shown; `take_outgoing` counts it, in the transaction that
moves the money, so that two at once can't pass one limit. What comes in is never sent back: what is
above a wallet's limit lies in the wallet under a hold (`settle_excess`) until there is room.
"""

from payments.limits.caps import ensure_room_for_money
from payments.limits.excess import Settled, release_excess, settle_excess
from payments.limits.rules import LimitExceeded, OutflowReached
from payments.limits.selectors import Room, check_outgoing, operation_limits, room_for_incoming
from payments.limits.services import give_back, take_outgoing

__all__ = [
    "LimitExceeded",
    "OutflowReached",
    "Room",
    "Settled",
    "check_outgoing",
    "ensure_room_for_money",
    "give_back",
    "operation_limits",
    "release_excess",
    "room_for_incoming",
    "settle_excess",
    "take_outgoing",
]
