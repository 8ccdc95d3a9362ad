"""Gateways: each translates between its own dialect and a hop. None decides anything."""
