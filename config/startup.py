"""What a process says when it starts, because nobody would notice it later."""

import structlog
from django.db import DatabaseError, connections

from config.env import current
from wallets.ledger import rights

log = structlog.get_logger(__name__)


def tell() -> None:
    """Warn where only triggers guard the ledger, and where alerts can't be told as was wished.

    A database that is away is told elsewhere.
    """
    if current().alert_email and not current().email_url:
        log.warning(
            "alerts.no_mail_server",
            what="ALERT_EMAIL is set, but not EMAIL_URL, the server that takes our e-mail: alerts"
            " are told in the admin and to ALERT_WEBHOOK_URL, and not by e-mail",
        )
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
