"""Identity: who a member is, how one becomes a member, and what one agreed to.

A member is a person, worker, employer or both, known by phone number. `services.create_account` is
the single place where an account is made.
"""
