"""Paybill: somebody pays to our number, with a Worker ID or a phone as the account."""
