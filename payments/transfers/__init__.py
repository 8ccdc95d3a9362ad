"""Transfers: money from one member's wallet to another's, at once.

    quote ── the sender sees name, fee and total ── send (PIN) ── booked, both told by SMS

All of it is one transaction: there is no state in between. Refused are oneself, who is no member,
more than the wallet or a limit holds, and whatever a frozen member sends. Who is frozen or above
her limit receives all the same. The same key sends once.
"""
