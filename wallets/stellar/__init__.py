"""Stellar: members' accounts on the network, opened exactly once, whatever the network does.

    request    WAITING ─► SUBMITTED ─► FUNDED ─► CLOSING ─► CLOSED
                  ▲            │
                  └────────────┘  its transaction can't land any more
    submission PLANNED ─► SIGNED ─► SENT | UNKNOWN | REFUSED ─► CONFIRMED | FAILED | EXPIRED

Who: the sweep plans and tends (`worker`), the signer signs (`signer`), beat rings. Money: XLM of
our funding account and of our channels; members' XLM is never touched but by closing an account,
which is empty when it is looked at: what comes after that look staff give back.

Where: `policy` who gets one when, `planning` what goes together, `channels` by which account,
`tending` post and ask, `proving` that it can't land any more, `outcomes` and `consequences` how it
ended, `verdicts` whom it was about, `resting` how long nothing is tried, `watching` what else
happens, `reclaiming` what is idle, `resetting` a test network that forgot, `codes` what results
mean.

What can go wrong: an answer is lost or false (asked by hash, posted again unchanged, never rebuilt
while it may land); fees surge (a fee bump around the same transaction); one bad operation (it goes
alone); a fault of ours (nobody is blamed, it rests longer and longer); no money (it stops before it
is empty, and says so); the network halts (it is waited for) or is reset (noticed, paused, said).
"""
