"""Standing: whether a member's money may leave, and what she has to show first.

    OPEN ⇄ FROZEN     staff freeze and unfreeze with a reason; a frozen member receives, can't send

Besides, a number that was silent for 90 days or came back on another SIM has to be proved again by
a code before money leaves; and while something about the account is new (the first PIN after money,
the phone, the SIM), what leaves is capped. Services ask `ensure_may_send`; no screen decides.
"""
