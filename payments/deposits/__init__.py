"""Deposits: a member puts money from M-Pesa into her wallet, by a prompt on her phone."""
