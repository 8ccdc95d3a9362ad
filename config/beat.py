"""Beat, of which one rings however many are started: the others stand by and take over.

Who rings holds a lock in PostgreSQL, which goes with its connection: when it dies or is cut off,
another has the lock within seconds. While PostgreSQL is away nobody's part changes: to ring twice
is harmless, since every task may be run twice, and not to ring at all is not.
"""

from typing import Any

import structlog
from celery.beat import PersistentScheduler
from django.db import DatabaseError, connection

from nannychain import locks

log = structlog.get_logger(__name__)

STANDBY_SECONDS = 2.0


class OneBeat(PersistentScheduler):
    """Celery's scheduler, which keeps its file of last times, but rings under the lock alone."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._rings = False
        self._holds = False  # on the connection that is open
        super().__init__(*arguments, **named)

    def tick(self, *arguments: Any, **named: Any) -> float:
        """Ring for what is due, where this one rings; return seconds until the next look."""
        rings = self._may_ring()
        if rings != self._rings:
            log.info("beat.rings" if rings else "beat.stands_by")
            self._rings = rings
        if not rings:
            return STANDBY_SECONDS
        return float(super().tick(*arguments, **named))

    def _may_ring(self) -> bool:
        try:
            if not self._holds:
                self._holds = locks.hold(locks.Lock.BEAT, "")
            else:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")  # the lock is there as long as the connection is
        except DatabaseError:
            connection.close()
            self._holds = False
            return self._rings
        return self._holds
