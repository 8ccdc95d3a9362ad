"""All chance comes from the seed: that of the program, and that of the simulated provider."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def seeded(seed: object) -> Iterator[random.Random]:
    """Let `secrets` and `random` give what follows from the seed; give a source of one's own.

    Ids, references, receipts and tokens are the same ever after. What is drawn by the operating
    system for keys and boxes is not touched: no order and no amount depends on it.
    """
    drawn = random.Random(f"drawn {seed}")
    state = random.getstate()
    random.seed(f"global {seed}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "randbits", drawn.getrandbits)
        patch.setattr(secrets, "choice", drawn.choice)
        patch.setattr(secrets, "randbelow", drawn.randrange)
        patch.setattr(secrets, "token_bytes", lambda size=None: drawn.randbytes(size or 32))
        try:
            yield random.Random(f"driver {seed}")
        finally:
            random.setstate(state)
