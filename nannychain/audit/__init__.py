"""The audit trail: who did what to what, from where, and why. Append-only, kept by PostgreSQL."""

from nannychain.audit.services import record

__all__ = ["record"]
