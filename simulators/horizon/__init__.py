"""Stellar, as seen through Horizon: a ledger that applies as core does, and the API upon it."""
