"""gunicorn: threads, since a hop waits for Redis and PostgreSQL and computes little.

Source for the choice: measured against other servers and worker kinds; see the ADR on the web
server. There is no access log: paths hold secrets, and our own request line masks them.
"""

import multiprocessing
import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", str(min(4, multiprocessing.cpu_count()))))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 30
graceful_timeout = 4
keepalive = 30
max_requests = 50_000
max_requests_jitter = 5_000
accesslog = None
errorlog = "-"
loglevel = "warning"
# Its socket would lie in the home folder, outside the project, and nobody uses it.
control_socket_disable = True
