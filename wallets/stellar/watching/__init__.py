"""The watcher: every movement on our accounts and members', whoever caused it.

It reads Horizon's payments of the whole network page by page from a kept cursor, so that there are
no gaps, and keeps those that touch an address of ours. What we did not cause ourselves is shown:
money that left an account of ours rings, money that reached a member waits to be looked at.
"""
