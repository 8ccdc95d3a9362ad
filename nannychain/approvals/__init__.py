"""Four eyes: one person asks for an act, another one lets it happen or not.

    ASKED ─┬─ APPROVED    another person agreed; the act was carried out in the same transaction
           ├─ REFUSED     another person did not agree
           ├─ WITHDRAWN   who asked has thought better of it
           └─ EXPIRED     nobody decided in time

What can be asked for is a table, `config/approvals.py`: each `Kind` names the permission of those
who decide and the service that carries it out. What is asked stays as it was asked, and there is at
most one open request for a kind and a subject; PostgreSQL keeps both, and that they are two people.
"""

from nannychain.approvals.kinds import Kind

__all__ = ["Kind"]
