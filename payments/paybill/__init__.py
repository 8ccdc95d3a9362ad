"""Money that anybody pays to our paybill number, with a Worker ID or a phone as account number.

    UNCONFIRMED ─┬─ CREDITED       in the wallet that the account number names
         │       ├─ SUSPENSE ─┬─ CREDITED      two members of staff found whose it is
         │       │            ├─ ECHO          it proved to be that of a prompt
         │       │            └─ RETURNING ─┬─ RETURNED   M-Pesa gave it back to the payer
         │       │                          └─ SUSPENSE   M-Pesa did not
         │       └─ ECHO           that of a prompt of ours: the deposit books it
         └─ REFUTED                M-Pesa says that it was not made, or not to us

Where the money sits: UNCONFIRMED and REFUTED nowhere, since nobody but the message says that there
is any; ECHO with the deposit; SUSPENSE and RETURNING in suspense; CREDITED in the wallet.
Allotting, giving back and being a prompt's share one key, so that one of them happens.

What can go wrong: a confirmation comes twice or never (the receipt counts once; M-Pesa's list of
payments is pulled), before or after the prompt's own callback (the receipt belongs to one), without
the prompt's reference (`echoes`), from who knows where (it is only a question), or with an amount
that only M-Pesa's own word is good for.
"""
