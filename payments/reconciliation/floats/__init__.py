"""Moves between our own accounts: bank, M-Pesa, and what Safaricom charges.

    moves.py     the table of moves: what each debits and credits
    services.py  one member of the staff proposes a move; approving it books it
    admin.py     the page on which they do

M-Pesa and banks tell us nothing of these: whoever moves the money books it. Each leg is booked when
it happens, with an account in transit between, so that what is under way is nobody's guess.
"""
