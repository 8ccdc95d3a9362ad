"""gunicorn: threads, since a hop waits for Redis and PostgreSQL and computes little.

It is read by gunicorn before Django, so it takes its few settings from the environment itself:
`HOST`, `PORT`, `WEB_PROCESSES` and `WEB_THREADS`. There is no access log: paths hold secrets, and
our own request line masks them.
"""

import gc
import os
from typing import Any

bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES") or 2)
threads = int(os.environ.get("WEB_THREADS") or 8)
# Loaded once and then forked: less memory, and a bad setting ends the whole with its own message.
preload_app = True
timeout = 30
graceful_timeout = 5
keepalive = 30
max_requests = 50_000
max_requests_jitter = 5_000
accesslog = None
errorlog = "-"
loglevel = "info"
control_socket_disable = True


def when_ready(server: Any) -> None:  # noqa: ARG001 - a hook of gunicorn's
    """Set aside what is loaded, so that no worker's collector touches, and copies, its pages."""
    gc.collect()
    gc.freeze()
