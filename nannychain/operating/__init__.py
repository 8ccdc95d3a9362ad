"""How much may go on at all: the caps of the operating mode, and the switch that stops a flow.

Sandbox, partner or licensed is a setting. What each may hold is a table in force from a day on; a
flow is stopped and started again by staff, at once. A restore of the database stops all of them.
"""
