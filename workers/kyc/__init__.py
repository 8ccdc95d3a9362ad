"""How well we know a member. The level decides how much money may lie and move.

Who has no row is known by phone alone. Documents and their review write the levels.
"""
