"""The inbox: what providers tell us, stored before it is understood.

A view redacts, stores, answers at once and rings. Meaning is worked out in the source's task.
"""

from nannychain.inbox.services import Source, receive, register

__all__ = ["Source", "receive", "register"]
