"""Transfers: a member sends money from her wallet to another's, at once."""
