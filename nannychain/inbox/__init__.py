"""The inbox: what providers tell us, stored before it is understood.

A view redacts, stores, answers at once and rings. Meaning is worked out in the source's task.
"""

from nannychain.inbox.services import (
    Letter,
    Source,
    open_address,
    receive,
    receive_at,
    register,
)

__all__ = ["Letter", "Source", "open_address", "receive", "receive_at", "register"]
