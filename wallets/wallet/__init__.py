"""Wallets: one for each party, with its Stellar key and its request to be funded.

Opened together with the account that it belongs to. Balances will stand in the ledger, not here.
"""
