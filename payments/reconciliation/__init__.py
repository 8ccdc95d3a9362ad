"""Reconciliation: do our books agree with what M-Pesa, the bank and Stellar hold?

services.py     the daily run: finish, ask, compare, report
findings.py     what it looks at, and the breaks that it finds there
breaks/         every difference as a row, until it is explained and over
balances/       what M-Pesa says that it holds, asked every hour
statements/     its organisation statement, line by line
floats/         moves of our own money between bank and M-Pesa, booked by two
clearing/       accounts that have to come back to zero
safeguarding/   what we owe customers against what we hold for them
reports/        one report a day, signed off by a person
"""
