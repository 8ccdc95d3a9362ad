"""What a process says when it starts, because nobody would notice it later."""

import structlog
from django.db import DatabaseError, connections

from wallets.ledger import rights

log = structlog.get_logger(__name__)


def tell() -> None:
    """Warn where only triggers guard the ledger. A database that is away is told elsewhere."""
    try:
        if not rights.may_only_read():
            log.warning(
                "ledger.roles_not_separated",
                what="this process runs as a role that may write the ledger's tables; only triggers"
                " guard them. See 'Database roles' in docs/operations.md",
            )
    except DatabaseError:
        log.info("ledger.roles_not_seen")
    finally:
        # gunicorn forks after this: no connection may be shared.
        connections.close_all()
