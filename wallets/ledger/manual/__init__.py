"""Manual journals: staff correct the books, one proposes and another decides, both with reasons.

    states.py     PROPOSED, then POSTED, REJECTED or WITHDRAWN
    models.py     the proposals
    services.py   propose, approve, reject, withdraw

A proposal is either a set of legs or a journal to reverse. It never changes once it is made, so
that what was looked at is what is posted. PostgreSQL keeps the rule of two (`sql/manual`).
"""
