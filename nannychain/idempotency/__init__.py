"""One effect for one key: the answer is stored in the transaction of the effect."""

from nannychain.idempotency.services import KeyReused, find, forget, once

__all__ = ["KeyReused", "find", "forget", "once"]
