"""Rows that are in force from an instant on: fees, limits, caps. What was in force stays as it was.

A change is a new row that begins on a day to come. PostgreSQL refuses a row that would begin in the
past once there is one for the same thing, and any change but withdrawing what has not yet begun.
"""
