"""Accounts that have to come back to zero: what stands there, since when, and for what.

Two looks. By age: whatever has stood there for longer than its kind allows. By content: the money
on the account is that of the payments which are under way by their own rows, to the cent.
"""
