"""PostgreSQL: persistent connections, and time limits for processes that answer requests."""

import environ

from config.env import current

_WEB = current().nannychain_process == "web"
_LIMITS = (
    "-c statement_timeout=5000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=30000"
)

DATABASES = {
    "default": {
        **environ.Env.db_url_config(current().database_url),
        # gthread and Celery threads live long and keep one connection each, so that a pool would
        # only add a layer: without either, connecting costs about ten times the query.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)
if _WEB:
    # A hop must end within the gateway's ten seconds, also when a row is locked, and also when
    # the network swallows what is sent.
    DATABASES["default"]["OPTIONS"].setdefault("options", _LIMITS)
    DATABASES["default"]["OPTIONS"].setdefault("tcp_user_timeout", 5000)

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
