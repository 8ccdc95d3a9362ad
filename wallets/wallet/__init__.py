"""Wallets: one for each party, with its Stellar key and its request to be funded.

Opened together with the account that it belongs to. What is in it stands in the ledger.
"""
