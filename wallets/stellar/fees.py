"""What we bid for a place in a ledger. Whole stroops per operation.

The network charges what is needed and no more than the bid, so that a generous bid costs nothing
in quiet times (Stellar's documentation on fees and surge pricing).
"""

FLOOR_STROOPS = 100  # the least that the network takes
CEILING_STROOPS = 20_000  # the most that we pay, and that the signer signs
BUMP_FACTOR = 10  # a fee bump must bid ten times what the queue holds, to take its place


def bid(*, base_fee: int, recent_high: int) -> int:
    """Return what to bid now: what got in lately among the highest bids, within our limits."""
    return max(FLOOR_STROOPS, min(CEILING_STROOPS, max(base_fee, recent_high)))


def bump(*, last: int, wanted: int) -> int | None:
    """Return the bid of a fee bump over `last`; None where the ceiling leaves no room for one."""
    higher = max(last * BUMP_FACTOR, wanted)
    if higher <= CEILING_STROOPS:
        return higher
    return CEILING_STROOPS if last * BUMP_FACTOR <= CEILING_STROOPS else None
