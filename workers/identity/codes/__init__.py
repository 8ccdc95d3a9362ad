"""One-time codes by SMS: they show that a phone is in somebody's hands.

Six digits, five minutes, five tries. One is alive for a phone and a purpose: a new one kills the
one before. Only a keyed hash is stored, and the SMS is sealed until it is sent and wiped after.

What can go wrong: the person mistypes (a try), asks again and again (`limits.py`, kept in
PostgreSQL), or never gets the SMS (asks anew). Whether a number has an account changes
nothing here.

    services    send, check, matches
    limits      how often a number and an address may ask and try
    messages    what the SMS says, for each purpose
"""
