"""M-Pesa, as Safaricom's Daraja offers it: calls, result codes, and what comes back.

`client` calls and gives back an outcome: ACCEPTED, REJECTED or UNKNOWN. `codes` is the one table of
what each code means. `messages` reads what Safaricom posts to us, and `callbacks` takes it in: an
address for each operation, kept in the inbox first and understood by the rail that it belongs to.
No rail is known here, and no word of Safaricom's leaves this package.
"""
