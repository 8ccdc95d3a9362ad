"""Reconciliation: do our books agree with what M-Pesa, the bank and Stellar hold?

breaks/    every difference as a row, until it is explained and over
"""
