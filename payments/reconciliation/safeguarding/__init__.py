"""The safeguarding line: what we owe customers, against what we hold for them, day by day.

Requirement: each customer's balances added up, none below zero, so that what one owes us never
covers what we owe another; every account on which money waits counts as one more customer.
Resource: what lies at M-Pesa, at the bank in trust, and between them, agreed to what M-Pesa says:
what it has less than our books is left out. The rest is a surplus, or a shortfall that is made good
on the same day. (National Payment System Regulations 2014; after CASS 15.8 in the UK.)
"""
