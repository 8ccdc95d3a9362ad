"""Withdrawals: money leaves a wallet at once, and M-Pesa pays it out.

Until M-Pesa has said what became of it, it stands in "payouts under way".
"""
