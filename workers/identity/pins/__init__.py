"""The PIN: four digits that say yes to money.

Stored as Argon2id over a keyed hash (`PIN_PEPPER`) of member and PIN. Three wrong tries in a row,
or seven in a day, lock: for 15 minutes, then an hour, then a day, then until a reset by code and
two members of staff. A verdict is stored under its attempt's key, so that a repeated hop or request
gets it again and counts once.

What can go wrong: it is forgotten (reset), guessed (locks, an SMS), chosen too simply (`rules.py`),
or chosen by whoever found the phone after money had come (a code, and a cap for 24 hours).

    rules       which PINs are refused
    hashing     Argon2id, and the same work for those who have none
    services    has_pin, verify, choose_first, change, ask_reset, reset
    messages    SMS about it
"""
