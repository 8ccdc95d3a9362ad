"""Celery: the alarm clock. The rows in PostgreSQL are the queue, so any task may be lost."""

from config.env import current

CELERY_BROKER_URL = current().celery_broker_url
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Whoever enqueues must not wait for a broker that is away: the sweep finds the row later.
CELERY_TASK_PUBLISH_RETRY = False
# How long a broker that does not answer may hold somebody up; each kind has its own names for it.
_WEB = current().nannychain_process == "web"
_CONNECT, _ANSWER = (0.5, 0.5) if _WEB else (1.0, 5.0)
if CELERY_BROKER_URL.startswith("amqp"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "connect_timeout": _CONNECT,
        "write_timeout": _ANSWER,
        # Whoever only sends hears nothing but the answers to it; a worker listens for hours.
        **({"read_timeout": _ANSWER} if _WEB else {}),
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_connect_timeout": _CONNECT,
        "socket_timeout": _ANSWER,
    }
if _WEB:
    CELERY_BROKER_TRANSPORT_OPTIONS["max_retries"] = 0  # a caller on a phone waits once
