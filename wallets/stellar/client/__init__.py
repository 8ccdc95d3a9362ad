"""Horizon, wire only: what is asked, what comes back, and which answers say nothing.

No model and no setting is known here, and nothing is tried again. Loaded by workers only, since it
brings the Stellar SDK.
"""
