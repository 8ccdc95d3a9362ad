"""API keys: how programs of integrators call us, in nobody's name but their own.

A key has scopes (`scopes.py`) and may be bound to networks. It is shown once, when it is issued,
and stored as a keyed hash. Rotation issues a new one while the old one still works for some days;
revoking ends it at once. A key moves no member's money: what does, takes her session and her PIN.

    services   issue, authenticate, rotate, revoke
    admin      staff issue, rotate and revoke; the key itself is on one page, once
"""
