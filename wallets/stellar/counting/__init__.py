"""Counting what our own accounts hold: what left them by our rows, against what Horizon says.

All accounts of ours (the funding account and the channels) are counted together, as of one ledger,
so that what moves between them cancels out. From count to count their sum may change by movements
that were recorded and by fees that our submissions were charged; the rest is a drift.
"""
