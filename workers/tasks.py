"""Index of the people's tasks, for Celery's discovery."""

from workers.identity import tasks as identity
from workers.identity.sim_swaps import tasks as sim_swaps

__all__ = ["identity", "sim_swaps"]
