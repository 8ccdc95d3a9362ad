"""Africa's Talking on the wire: one call, its codes, its reports. Knows no row of ours.

Only the worker imports `client`, which loads the provider's SDK; the tables are for everybody.
"""
